"""Writes a network of networks_large.py as .onnx: NCHW, batch norm folded, padded as the .tflite is."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from networks import same_padding
from networks_large import CLASSES, SIZE


def write(net, weights, path):
    nodes, initializers, names, shapes = [], [], {"image": "image"}, net.shapes()

    def constant(name, array):
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def window(layer):
        before, after = same_padding(shapes[layer.inputs[0]][0], layer.kernel, layer.stride)
        return {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2, "pads": [before] * 2 + [after] * 2}

    def activated(layer, y):
        name = f"{layer.name}/{layer.activation}"
        if layer.activation == "relu":
            return node("Relu", [y], name)
        if layer.activation == "relu6":
            if "zero" not in names:
                names["zero"], names["six"] = constant("zero", np.float32(0)), constant("six", np.float32(6))
            return node("Clip", [y, "zero", "six"], name)
        if layer.activation == "none":
            return y
        gate = node("Sigmoid", [y], f"{layer.name}/sigmoid")
        return gate if layer.activation == "sigmoid" else node("Mul", [y, gate], name)

    for layer in net.layers:
        inputs, name = [names[i] for i in layer.inputs], layer.name
        if name in weights:
            w, b = weights[name]
            b = constant(f"{name}/bias", b)
        if layer.kind in ("conv", "depthwise"):
            w = constant(f"{name}/weight", w.transpose(3, 2, 0, 1))
            y = node("Conv", [inputs[0], w, b], f"{name}/{layer.kind}",
                     group=layer.channels if layer.kind == "depthwise" else 1, **window(layer))
        elif layer.kind == "dense":
            flat = node("Flatten", inputs, f"{name}/flat", axis=1)
            y = node("Gemm", [flat, constant(f"{name}/weight", w[0, 0].T), b], f"{name}/logits", transB=1)
        elif layer.kind == "softmax":
            y = node("Softmax", inputs, name, axis=1)
        else:
            kind = {"add": "Add", "scale": "Mul", "pool": "GlobalAveragePool", "max_pool": "MaxPool"}[layer.kind]
            y = node(kind, inputs, f"{name}/{layer.kind}", **(window(layer) if layer.kind == "max_pool" else {}))
        names[name] = activated(layer, y)

    graph = helper.make_graph(
        nodes, net.name, [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, CLASSES])], initializers,
        doc_string=f"{net.description}, random weights.")
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="bench-peers")
    onnx.checker.check_model(model, full_check=True)
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))
