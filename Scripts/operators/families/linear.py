"""Convolutions and dense layers with integer weights and activations."""

import numpy as np
from draw import PADDINGS
from model import Case, Tensor
from registry import operator


def extents(size, kernel, stride, dilation, padding):
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "same" else (size - reach) // stride + 1


def window(draw, most=12):
    """Sizes, kernel, strides, dilations, padding and the result's sizes."""
    while True:
        padding = draw.choice(["same", "valid"])
        kernel = [draw.integer(1, 5), draw.integer(1, 5)]
        stride = [draw.integer(1, 4), draw.integer(1, 4)] if draw.chance(0.6) else [1, 1]
        dilation = [draw.integer(1, 3), draw.integer(1, 3)] if draw.chance(0.3) else [1, 1]
        size = [draw.integer(1, most), draw.integer(1, most)]
        result = [extents(*v, padding) for v in zip(size, kernel, stride, dilation)]
        if min(result) > 0:
            return size, kernel, stride, dilation, padding, result


def weights(draw, shape, axis, type, per_channel):
    """Weights with their scales, and the zero point of legacy uint8."""
    if type == "uint8":
        zero = draw.integer(0, 255)
        return Tensor(shape, "uint8", draw.log_uniform(1e-3, 0.05), zero, data=draw.values(shape, "uint8", zero))
    base = draw.log_uniform(1e-4, 0.1)
    count = shape[axis] if per_channel else 1
    scales = base * np.exp(draw.rng.uniform(-1.5, 1.5, count)) if count > 1 or draw.chance(0.5) else [base] * count
    values = np.clip(draw.values(shape, "int8", 0), -127, 127)
    return Tensor(shape, "int8", scales, 0, axis, data=values)


def bias(draw, x, w, count, type, narrow=True, always=False):
    """None or one operand of scale input · weights, within what keeps sums in 32 bits."""
    if draw.chance(0.2) and not always:
        return []
    largest = draw.choice([100, 20000, 1 << 22])
    scales = x.scale.astype(np.float32) * w.scale.astype(np.float32)
    wide = type == "int16" and (not narrow or draw.chance(0.7))
    values = draw.rng.integers(-largest, largest + 1, count)
    return [Tensor([count], "int64" if wide else "int32", scales, 0, 0, data=values)]


def told(options, operands):
    """The options, saying the bias's type where LiteRT needs it: it takes 32-bit biases for 64-bit ones otherwise."""
    if operands[-1].dtype == "int32" and any(t.dtype == "int16" for t in operands):
        options["quantizedBiasType"] = 2
    return options


def result(draw, shape, x, w, taps, type):
    """A scale at which sums of `taps` products fill about the range."""
    low, high = draw.limits(type)
    spread = float(x.scale[0]) * float(np.mean(w.scale)) * (high - low) / 3.5 * 74 * np.sqrt(taps)
    return draw.result(shape, type, spread * 6 / (high - low))


TYPES = ("int8", "int16", "uint8")


@operator("CONV_2D", TYPES)
def convolution(draw, type):
    size, kernel, stride, dilation, padding, to = window(draw)
    groups = draw.integer(2, 4) if draw.chance(0.12) and type == "int8" else 1
    inputs, outputs = draw.integer(1, 8 if draw.chance(0.6) else 40), draw.integer(1, 8 if draw.chance(0.5) else 40)
    outputs *= groups if groups > 1 else 1
    batch = draw.integer(1, 2)
    x = draw.fed([batch, *size, inputs * groups], type)
    w = weights(draw, [outputs, *kernel, inputs], 0, type, draw.chance(0.7))
    y = result(draw, [batch, *to, outputs], x, w, kernel[0] * kernel[1] * inputs, type)
    options = dict(padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
                   dilationWFactor=dilation[1], fusedActivationFunction=draw.activation())
    operands = [x, w, *bias(draw, x, w, outputs, type, always=True)]
    return Case("Conv2DOptions", told(options, operands), operands, y)


@operator("DEPTHWISE_CONV_2D", TYPES)
def depthwise(draw, type):
    size, kernel, stride, dilation, padding, to = window(draw)
    stride[1] = stride[0] if draw.chance(0.5) else stride[1]
    inputs = draw.integer(1, 8 if draw.chance(0.5) else 70)
    multiplier = 1 if draw.chance(0.6) else draw.integer(2, 4) if draw.chance(0.7) else draw.integer(5, 24)
    outputs = inputs * multiplier
    batch = draw.integer(1, 2)
    x = draw.fed([batch, *size, inputs], type)
    w = weights(draw, [1, *kernel, outputs], 3, type, draw.chance(0.7))
    y = result(draw, [batch, *to, outputs], x, w, kernel[0] * kernel[1], type)
    options = dict(padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1], depthMultiplier=multiplier,
                   dilationHFactor=dilation[0], dilationWFactor=dilation[1],
                   fusedActivationFunction=draw.activation())
    return Case("DepthwiseConv2DOptions", options, [x, w, *bias(draw, x, w, outputs, type, narrow=False, always=True)], y)


@operator("FULLY_CONNECTED", TYPES)
def fully_connected(draw, type):
    inputs, outputs = draw.integer(1, 12 if draw.chance(0.3) else 150), draw.integer(1, 90)
    leading = draw.shape(draw.integer(1, 3), largest=4)
    keeps = len(leading) > 1 and draw.chance(0.7)
    x = draw.fed([*leading, inputs], type)
    w = weights(draw, [outputs, inputs], 0, type, draw.chance(0.4))
    shape = [*leading, outputs] if keeps else [int(np.prod(leading)), outputs]
    y = result(draw, shape, x, w, inputs, type)
    options = dict(fusedActivationFunction=draw.activation(), keepNumDims=keeps)
    operands = [x, w, *bias(draw, x, w, outputs, type)]
    return Case("FullyConnectedOptions", told(options, operands), operands, y)


@operator("TRANSPOSE_CONV", TYPES)
def transposed(draw, type):
    padding = draw.choice(["same", "valid"])
    kernel, stride = [draw.integer(1, 5), draw.integer(1, 5)], [draw.integer(1, 3), draw.integer(1, 3)]
    size = [draw.integer(1, 7), draw.integer(1, 7)]
    to = [n * s if padding == "same" else (n - 1) * s + max(k, s) for n, s, k in zip(size, stride, kernel)]
    inputs, outputs, batch = draw.integer(1, 20), draw.integer(1, 20), draw.integer(1, 2)
    x = draw.fed([batch, *size, inputs], type)
    w = weights(draw, [outputs, *kernel, inputs], 0, type, draw.chance(0.7))
    y = result(draw, [batch, *to, outputs], x, w, kernel[0] * kernel[1] * inputs / (stride[0] * stride[1]), type)
    options = dict(padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1])
    operands = [draw.constant(y.shape), w, x, *bias(draw, x, w, outputs, type)]
    return Case("TransposeConvOptions", told(options, operands), operands, y, version=3)


@operator("BATCH_MATMUL", ("int8", "int16"))
def batch_matmul(draw, type):
    batch = draw.shape(draw.integer(0, 2), largest=3)
    rows, inner, columns = draw.integer(1, 9), draw.integer(1, 40), draw.integer(1, 9)
    adjoint = [draw.chance(0.4), draw.chance(0.4)]
    a = draw.fed([*batch, *((inner, rows) if adjoint[0] else (rows, inner))], type)
    b = draw.fed([*batch, *((columns, inner) if adjoint[1] else (inner, columns))], type)
    y = result(draw, [*batch, rows, columns], a, b, inner, type)
    return Case("BatchMatMulOptions", dict(adjX=adjoint[0], adjY=adjoint[1]), [a, b], y)
