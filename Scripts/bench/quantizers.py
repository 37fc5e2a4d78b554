"""A peer's quantization of one model, as a process of its own: python quantizers.py PEER MODEL SAMPLES.npz COUNT OUT

litert-quantizer: static int8 of a .tflite; onnxruntime: QDQ of a .onnx, weights per channel, activations uint8; onnxsim:
its clean-up alone, without samples.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def litert_quantizer(model, samples, count, out):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter
    from litert_quantizer import quantizer, recipe

    x = np.load(samples)["x"][:count]
    key, signature = next(iter(Interpreter(model).get_signature_list().items()))
    quantize = quantizer.Quantizer(model, recipe.static_wi8_ai8())
    ranges = quantize.calibrate({key: [{signature["inputs"][0]: x[i:i + 1]} for i in range(len(x))]})
    with open(out, "wb") as file:
        file.write(quantize.quantize(ranges).quantized_model)


def onnxruntime_(model, samples, count, out):
    import numpy as np
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static, shape_inference

    onnxruntime.set_default_logger_severity(4)
    x = np.load(samples)["x"][:count]
    name = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].name

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.samples = ({name: np.ascontiguousarray(x[i:i + 1].transpose(0, 3, 1, 2))} for i in range(len(x)))

        def get_next(self):
            return next(self.samples, None)

    prepared = out + ".prepared.onnx"
    shape_inference.quant_pre_process(model, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared, out, Reader(), quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8)
    os.unlink(prepared)


def onnxsim_(model, samples, count, out):
    import onnx
    import onnxsim

    simplified, _ = onnxsim.simplify(onnx.load(model))
    onnx.save(simplified, out)


if __name__ == "__main__":
    peer, model, samples, count, out = sys.argv[1:]
    {"litert-quantizer": litert_quantizer, "onnxruntime": onnxruntime_, "onnxsim": onnxsim_}[peer](
        model, samples, int(count), out)
