"""Writes a trained network as .tflite with batch norm spelled out behind each linear operator."""
import numpy as np
from ai_edge_litert import schema_py_generated as tfl

from networks import EPSILON, spatial_size
from tflite_writer import FUSED, OPERATORS, Writer


def write(network, weights, running, path, half=False):
    """half: weights of linear operators as float16 behind DEQUANTIZE."""
    writer = Writer(f"{network.description}. Input: grey values 0 to 16.")
    image = writer.tensor("image", [1, 8, 8, 1])
    values = {"image": image}

    def weight(name, array):
        if not half:
            return writer.constant(name, array)
        stored = writer.constant(f"{name}_f16", array, np.float16)
        return writer.operator(
            OPERATORS.DEQUANTIZE, [stored], name, array.shape, tfl.DequantizeOptionsT(),
            tfl.BuiltinOptions.DequantizeOptions)

    for layer in network.layers:
        inputs, name, p = [values[i] for i in layer.inputs], layer.name, weights.get(layer.name)
        size = spatial_size(network, layer)[1] if layer.kind in ("conv", "depthwise", "add") else 0
        shape = [1, size, size, layer.channels]
        if layer.has_batch_norm:
            y = batch_norm(writer, network, layer, p, running[name], linear(
                writer, network, layer, inputs[0], weight, p, running[name], shape), shape)
        elif layer.kind == "add":
            y = writer.binary(OPERATORS.ADD, inputs, f"{name}/sum", shape, layer.activation)
        elif layer.kind == "pool":
            y = pool(writer, network, layer, inputs[0])
        else:
            options = tfl.FullyConnectedOptionsT()
            w, b = weight(f"{name}/weight", p["w"].T), writer.constant(f"{name}/bias", p["b"])
            y = writer.operator(
                OPERATORS.FULLY_CONNECTED, [inputs[0], w, b], f"{name}/logits", [1, layer.channels], options,
                tfl.BuiltinOptions.FullyConnectedOptions)
        values[name] = y
    options = tfl.SoftmaxOptionsT()
    options.beta = 1.0
    result = writer.operator(
        OPERATORS.SOFTMAX, [values[network.layers[-1].name]], "probabilities", [1, 10], options,
        tfl.BuiltinOptions.SoftmaxOptions)
    with open(path, "wb") as file:
        file.write(writer.finish({"image": image}, {"probabilities": result}))


def linear(writer, network, layer, x, weight, p, running, shape):
    operands = [x]
    if layer.kind == "depthwise":
        kind, union, options = (
            OPERATORS.DEPTHWISE_CONV_2D, tfl.BuiltinOptions.DepthwiseConv2DOptions, tfl.DepthwiseConv2DOptionsT())
        options.depthMultiplier = 1
        operands.append(weight(f"{layer.name}/weight", p["w"].transpose(2, 0, 1, 3)))
    else:
        kind, union, options = OPERATORS.CONV_2D, tfl.BuiltinOptions.Conv2DOptions, tfl.Conv2DOptionsT()
        operands.append(weight(f"{layer.name}/weight", p["w"].transpose(3, 0, 1, 2)))
    options.padding = tfl.Padding.SAME
    options.strideH = options.strideW = layer.stride
    options.dilationHFactor = options.dilationWFactor = 1
    # LiteRT's kernels demand a bias, even one of zeros.
    bias = -running["mean"] if network.batch_norm == "bias_mul_add" else np.zeros(layer.channels)
    operands.append(writer.constant(f"{layer.name}/bias", bias))
    return writer.operator(kind, operands, f"{layer.name}/{layer.kind}", shape, options, union)


def batch_norm(writer, network, layer, p, running, y, shape):
    scale = p["gamma"].astype(np.float64) / np.sqrt(running["variance"].astype(np.float64) + EPSILON)
    is_fused = network.batch_norm == "mul_add"
    offset = p["beta"] - running["mean"] * scale if is_fused else p["beta"]
    y = writer.binary(
        OPERATORS.MUL, [y, writer.constant(f"{layer.name}/batch_norm/scale", scale)], f"{layer.name}/batch_norm/mul",
        shape, "none")
    y = writer.binary(
        OPERATORS.ADD, [y, writer.constant(f"{layer.name}/batch_norm/offset", offset)],
        f"{layer.name}/batch_norm/add", shape, layer.activation if is_fused else "none")
    if is_fused or layer.activation == "none":
        return y
    kind = OPERATORS.RELU6 if layer.activation == "relu6" else OPERATORS.RELU
    return writer.operator(kind, [y], f"{layer.name}/{layer.activation}", shape)


def pool(writer, network, layer, x):
    source = next(l for l in network.layers if l.name == layer.inputs[0])
    size = spatial_size(network, source)[1]
    if network.pooling == "mean":
        options = tfl.ReducerOptionsT()
        options.keepDims = False
        axes = writer.constant(f"{layer.name}/axes", [1, 2], np.int32)
        return writer.operator(
            OPERATORS.MEAN, [x, axes], f"{layer.name}/mean", [1, layer.channels], options,
            tfl.BuiltinOptions.ReducerOptions)
    options = tfl.Pool2DOptionsT()
    options.padding = tfl.Padding.VALID
    options.strideH = options.strideW = options.filterHeight = options.filterWidth = size
    options.fusedActivationFunction = FUSED["none"]
    y = writer.operator(
        OPERATORS.AVERAGE_POOL_2D, [x], f"{layer.name}/average", [1, 1, 1, layer.channels], options,
        tfl.BuiltinOptions.Pool2DOptions)
    options = tfl.ReshapeOptionsT()
    options.newShape = [1, layer.channels]
    shape = writer.constant(f"{layer.name}/shape", [1, layer.channels], np.int32)
    return writer.operator(
        OPERATORS.RESHAPE, [y, shape], f"{layer.name}/flat", [1, layer.channels], options,
        tfl.BuiltinOptions.ReshapeOptions)
