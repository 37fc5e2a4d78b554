"""Writes a network of networks_large.py as .tflite, as the converter would: activations fused, batch norm folded."""
import numpy as np
from ai_edge_litert import schema_py_generated as tfl

from networks_large import SIZE
from tflite_writer import FUSED, OPERATORS, Writer


def options(name, activation=None, **fields):
    made = getattr(tfl, name + "T")()
    for key, value in fields.items():
        setattr(made, key, value)
    if activation is not None:
        made.fusedActivationFunction = FUSED.get(activation, FUSED["none"])
    return made, getattr(tfl.BuiltinOptions, name)


def strides(layer):
    return {"strideH": layer.stride, "strideW": layer.stride}


def activated(writer, layer, y, shape):
    """What is no activation that an operator could hold."""
    if layer.activation in ("swish", "sigmoid"):
        gate = writer.operator(OPERATORS.LOGISTIC, [y], f"{layer.name}/sigmoid", shape)
        return gate if layer.activation == "sigmoid" else writer.binary(
            OPERATORS.MUL, [y, gate], f"{layer.name}/swish", shape, "none")
    return y


def linear(writer, layer, x, weights, shape):
    w, b = weights
    kind, made, array = OPERATORS.CONV_2D, options(
        "Conv2DOptions", layer.activation, dilationHFactor=1, dilationWFactor=1, padding=tfl.Padding.SAME,
        **strides(layer)), w.transpose(3, 0, 1, 2)
    if layer.kind == "depthwise":
        kind, made, array = OPERATORS.DEPTHWISE_CONV_2D, options(
            "DepthwiseConv2DOptions", layer.activation, dilationHFactor=1, dilationWFactor=1, depthMultiplier=1,
            padding=tfl.Padding.SAME, **strides(layer)), w.transpose(2, 0, 1, 3)
    elif layer.kind == "dense":
        kind, made, array = OPERATORS.FULLY_CONNECTED, options("FullyConnectedOptions", layer.activation), w[0, 0].T
    operands = [x, writer.constant(f"{layer.name}/weight", array), writer.constant(f"{layer.name}/bias", b)]
    y = writer.operator(kind, operands, f"{layer.name}/{layer.kind}", shape, *made)
    return activated(writer, layer, y, shape)


def write(net, weights, path):
    writer = Writer(f"{net.description}, random weights.")
    image = writer.tensor("image", [1, SIZE, SIZE, 3])
    values, shapes = {"image": image}, net.shapes()
    axes = writer.constant("axes", [1, 2], np.int32)
    for layer in net.layers:
        x, (size, channels) = [values[i] for i in layer.inputs], shapes[layer.name]
        shape = [1, size, size, channels] if size else [1, channels]
        if layer.kind in ("conv", "depthwise", "dense"):
            y = linear(writer, layer, x[0], weights[layer.name], shape)
        elif layer.kind == "add":
            y = writer.binary(OPERATORS.ADD, x, layer.name, shape, layer.activation)
        elif layer.kind == "scale":
            y = writer.binary(OPERATORS.MUL, x, layer.name, shape, "none")
        elif layer.kind == "softmax":
            y = writer.operator(OPERATORS.SOFTMAX, x, layer.name, shape, *options("SoftmaxOptions", beta=1.0))
        elif layer.kind == "max_pool":
            y = writer.operator(OPERATORS.MAX_POOL_2D, x, layer.name, shape, *options(
                "Pool2DOptions", "none", padding=tfl.Padding.SAME, filterHeight=layer.kernel, filterWidth=layer.kernel,
                **strides(layer)))
        else:
            # The last one takes the image's extents away; inside a network they are kept for the convolution behind it.
            keeps = layer.name != "pool"
            y = writer.operator(
                OPERATORS.MEAN, [x[0], axes], layer.name, shape if keeps else [1, channels],
                *options("ReducerOptions", keepDims=keeps))
        values[layer.name] = y
    with open(path, "wb") as file:
        file.write(writer.finish({"image": image}, {"probabilities": values["probabilities"]}))
