"""What LiteRT says of a model file, and what our own report says, each as one number.

    engines.py accuracy MODEL.tflite DATA.npz    top-1 in percent by LiteRT's reference kernels
    engines.py zeros MODEL.tflite                share of zeros among the prunable weights, 0 to 1
    engines.py report REPORT.json                top-1 in percent of the written model
"""
import json
import sys

import numpy as np


def accuracy(model, data):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    interpreter = Interpreter(model, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    with np.load(data) as arrays:
        x, y = arrays["x"].astype(np.float32), arrays["y"]
    correct = 0
    for sample, label in zip(x, y):
        if source["dtype"] != np.float32:
            scale, zero_point = source["quantization"]
            limits = np.iinfo(source["dtype"])
            sample = np.clip(np.round(sample / scale) + zero_point, limits.min, limits.max)
        interpreter.set_tensor(source["index"], sample[None].astype(source["dtype"]))
        interpreter.invoke()
        correct += int(interpreter.get_tensor(result["index"]).argmax() == label)
    return f"{100 * correct / len(y):.2f}"


def zeros(path):
    """Dense and pointwise weights, without depthwise ones and without the first and the last linear operator."""
    from ai_edge_litert import schema_py_generated as tfl
    with open(path, "rb") as file:
        content = file.read()
    model = tfl.ModelT.InitFromObj(tfl.Model.GetRootAs(content))
    graph, kinds = model.subgraphs[0], tfl.BuiltinOperator
    linear = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        if kind in (kinds.CONV_2D, kinds.DEPTHWISE_CONV_2D, kinds.FULLY_CONNECTED):
            linear.append((kind, graph.tensors[operator.inputs[1]]))
    count, zero = 0, 0
    for kind, tensor in linear[1:-1]:
        if kind == kinds.DEPTHWISE_CONV_2D:
            continue
        types = {tfl.TensorType.INT8: np.int8, tfl.TensorType.FLOAT32: np.float32, tfl.TensorType.FLOAT16: np.float16}
        weights = np.frombuffer(bytes(model.buffers[tensor.buffer].data), types[tensor.type])
        count, zero = count + weights.size, zero + int((weights == 0).sum())
    return f"{zero / count:.4f}"


def report(path):
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    after = content["evaluation"]["accuracyAfter"]
    return f"{100 * (after['correct'] / after['count']):.2f}"


print({"accuracy": accuracy, "zeros": zeros, "report": report}[sys.argv[1]](*sys.argv[2:]))
