"""Writes a trained network as .onnx: NCHW, BatchNormalization nodes left unfolded, a symbolic batch."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from networks import EPSILON, same_padding, spatial_size


def write(network, weights, running, path):
    nodes, initializers, names = [], [], {"image": "image"}

    def constant(name, array):
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    for layer in network.layers:
        inputs, name, p = [names[i] for i in layer.inputs], layer.name, weights.get(layer.name)
        if layer.has_batch_norm:
            before, after = same_padding(spatial_size(network, layer)[0], layer.kernel, layer.stride)
            w = constant(f"{name}/weight", p["w"].transpose(3, 2, 0, 1))
            y = node(
                "Conv", [inputs[0], w], f"{name}/{layer.kind}", kernel_shape=[layer.kernel] * 2,
                strides=[layer.stride] * 2, pads=[before, before, after, after],
                group=layer.channels if layer.kind == "depthwise" else 1)
            r = running[name]
            parameters = [
                constant(f"{name}/{key}", array)
                for key, array in (
                    ("gamma", p["gamma"]), ("beta", p["beta"]), ("mean", r["mean"]), ("variance", r["variance"]))]
            y = node("BatchNormalization", [y] + parameters, f"{name}/batch_norm", epsilon=EPSILON)
        elif layer.kind == "add":
            y = node("Add", inputs, f"{name}/sum")
        elif layer.kind == "pool":
            y = node("Flatten", [node("GlobalAveragePool", inputs, f"{name}/mean")], f"{name}/flat", axis=1)
        else:
            w, b = constant(f"{name}/weight", p["w"].T), constant(f"{name}/bias", p["b"])
            y = node("Gemm", [inputs[0], w, b], f"{name}/logits", transB=1)
        if layer.activation == "relu":
            y = node("Relu", [y], f"{name}/relu")
        elif layer.activation == "relu6":
            if "zero" not in names:
                names["zero"], names["six"] = constant("zero", np.float32(0)), constant("six", np.float32(6))
            y = node("Clip", [y, "zero", "six"], f"{name}/relu6")
        names[name] = y
    node("Softmax", [names[network.layers[-1].name]], "probabilities", axis=1)

    graph = helper.make_graph(
        nodes, network.name, [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])], initializers,
        doc_string=network.description)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="make-models",
        doc_string=f"{network.description}. Input: grey values 0 to 16.")
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model), full_check=True)
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))
