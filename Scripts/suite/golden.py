"""Makes the models of the conformance suite and what the engines compute for them: golden.py OPTIMIZE FOLDER."""

import os
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import onnx_suite
import tflite

optimize, folder = sys.argv[1:]


def litert(model, x, kernels):
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=kernels, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def ort(model, x, optimizes):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimizes else level.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, {"x": x})


def store(name, model, x, outputs):
    """The model, and the input with all outputs behind it as float32."""
    with open(os.path.join(folder, name), "wb") as file:
        file.write(model)
    np.concatenate([np.asarray(a, np.float32).ravel() for a in [x] + outputs]).tofile(os.path.join(folder, name + ".golden"))


def quantized(model, suffix, samples):
    with tempfile.TemporaryDirectory() as scratch:
        source, result, data = [os.path.join(scratch, n) for n in ("m" + suffix, "q" + suffix, "x.npz")]
        with open(source, "wb") as file:
            file.write(model)
        np.savez(data, x=samples)
        subprocess.run([optimize, source, "-o", result, "--int8", "--calibrate", data], check=True, capture_output=True)
        with open(result, "rb") as file:
            return file.read()


samples = np.random.default_rng(1).uniform(-1, 1, size=(16, 6, 6, 4)).astype(np.float32)
x = samples[:1]
# LiteRT has no reference kernel of ELU: its kernels without a delegate compute the real numbers.
model = tflite.build()
store("operators.tflite", model, x, litert(model, x, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES))
model = quantized(tflite.build([n for n in tflite.cases() if n != "elu"]), ".tflite", samples)
litert(model, x, OpResolverType.BUILTIN)
store("operators-int8.tflite", model, x, litert(model, x, OpResolverType.BUILTIN_REF))
samples = np.ascontiguousarray(samples.transpose(0, 3, 1, 2))
x = samples[:1]
model = onnx_suite.build()
store("operators.onnx", model, x, ort(model, x, False))
model = quantized(model, ".onnx", samples)
store("operators-int8.onnx", model, x, ort(model, x, True))
