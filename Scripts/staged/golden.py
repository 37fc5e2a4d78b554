"""Golden data of models that are run in stages: see Scripts/make-golden-staged."""

import json
import os
import sys

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import litert_models
import onnx_models

folder = sys.argv[1]
cases, blob = [], bytearray()


def put(data):
    blob.extend(data)
    return [len(blob) - len(data), len(data)]


def array(x):
    return {"data": put(np.ascontiguousarray(x).tobytes()), "type": x.dtype.name, "shape": list(x.shape)}


def add(name, format, model, runs):
    cases.append({
        "name": name, "format": format, "model": put(model),
        "runs": [{"inputs": [array(np.asarray(x)) for x in i], "outputs": [array(y) for y in o]} for i, o in runs],
    })


for name, model, feeds in onnx_models.cases():
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    runs = [(feed, [np.asarray(y) for y in session.run(None, dict(zip(names, map(np.asarray, feed))))]) for feed in feeds]
    add(name, "onnx", model, runs)

for name, model, feeds in litert_models.cases():
    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    runs = []
    for feed in feeds:
        for detail, x in zip(interpreter.get_input_details(), feed):
            interpreter.set_tensor(detail["index"], x)
        interpreter.invoke()
        outputs = [interpreter.get_tensor(d["index"]).copy() for d in interpreter.get_output_details()]
        runs.append((feed, outputs))
    add(name, "tflite", model, runs)

with open(os.path.join(folder, "staged.json"), "w") as file:
    json.dump(cases, file, separators=(",", ":"))
with open(os.path.join(folder, "staged.bin"), "wb") as file:
    file.write(blob)
print(len(cases), "cases,", len(blob), "bytes")
