"""Softmax, normalization, reductions and pools."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from draw import PADDINGS
from families.linear import window
from model import Case, Tensor
from registry import operator

ALL = ("int8", "int16", "uint8")


@operator("SOFTMAX", ALL)
def softmax(draw, type):
    scale, zero = {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)}[type]
    largest = 3e-3 if type == "int16" else 0.6
    shape = draw.shape()
    if draw.chance(0.1):
        shape[-1] = draw.integer(100, 1200)
    x = draw.fed(shape, type, scale=draw.log_uniform(largest / 300, largest))
    beta = 1.0 if draw.chance(0.6) else draw.choice([0.5, 2.0, 0.1, draw.log_uniform(0.05, 4)])
    return Case("SoftmaxOptions", dict(beta=beta), [x], Tensor(shape, type, scale, zero))


@operator("LOG_SOFTMAX", ("int8", "uint8"))
def log_softmax(draw, type):
    x = draw.fed(draw.shape(), type, scale=draw.log_uniform(2e-3, 0.6))
    return Case("LogSoftmaxOptions", {}, [x], Tensor(x.shape, type, 16 / 256, 127 if type == "int8" else 255))


@operator("L2_NORMALIZATION", ("int8", "uint8"))
def l2_normalization(draw, type):
    x = draw.fed(draw.shape(draw.integer(2, 4), most=4), type)
    return Case("L2NormOptions", {}, [x], Tensor(x.shape, type, 1 / 128, 0 if type == "int8" else 128))


def axes(draw, x):
    """Some axes of x as a constant, whether they stay, and the result's shape."""
    rank = len(x.shape)
    if rank == 4 and draw.chance(0.3):
        chosen = [1, 2]
    else:
        chosen = sorted(int(a) for a in draw.rng.permutation(rank)[:draw.integer(1, rank)])
    keeps = draw.chance(0.5)
    shape = [1 if i in chosen else n for i, n in enumerate(x.shape) if keeps or i not in chosen]
    return draw.constant([a - rank if draw.chance(0.2) else a for a in chosen]), keeps, shape, chosen


@operator("MEAN", ALL)
def mean(draw, type):
    x = draw.fed(draw.shape(), type)
    constant, keeps, shape, _ = axes(draw, x)
    y = Tensor(shape, type, x.scale, x.zero) if draw.chance(0.3) else draw.result(shape, type, float(x.scale[0]))
    return Case("ReducerOptions", dict(keepDims=keeps), [x, constant], y)


@operator("SUM", ALL, oracle="middle")
def total(draw, type):
    x = draw.fed(draw.shape(), type)
    constant, keeps, shape, chosen = axes(draw, x)
    count = np.prod([x.shape[a] for a in chosen])
    return Case("ReducerOptions", dict(keepDims=keeps), [x, constant],
                draw.result(shape, type, float(x.scale[0]) * np.sqrt(count)))


@operator(["REDUCE_MAX", "REDUCE_MIN"], ALL)
def extremum(draw, type):
    x = draw.fed(draw.shape(), type)
    constant, keeps, shape, _ = axes(draw, x)
    return Case("ReducerOptions", dict(keepDims=keeps), [x, constant], draw.like(x, shape))


@operator("REDUCE_PROD", ("int8", "int16"))
def product(draw, type):
    x = draw.fed(draw.shape(most=3, largest=4), type, scale=draw.log_uniform(1e-3, 0.05) * (1 if type == "int8" else 0.01))
    constant, keeps, shape, chosen = axes(draw, x)
    count = np.prod([x.shape[a] for a in chosen])
    reach = float(x.scale[0]) * (70 if type == "int8" else 16000)
    scale = float(np.clip(reach ** min(count, 6) / (128 if type == "int8" else 32768), 1e-6, 1e3))
    return Case("ReducerOptions", dict(keepDims=keeps), [x, constant], draw.result(shape, type, scale))


@operator(["ARG_MAX", "ARG_MIN"], ("int8", "uint8"))
def arg(draw, type):
    x = draw.fed(draw.shape(), type)
    if draw.chance(0.5):  # ties
        x.feed = (x.feed // 64).astype(type)
    axis = draw.integer(0, len(x.shape) - 1)
    shape = [n for i, n in enumerate(x.shape) if i != axis]
    kind = draw.choice(["int32", "int64"])
    options = dict(outputType=getattr(schema.TensorType, kind.upper()))
    return Case(None, options, [x, Tensor([], "int32", data=axis)], Tensor(shape, kind))


@operator(["AVERAGE_POOL_2D", "MAX_POOL_2D"], ALL)
def pool(draw, type):
    size, kernel, stride, _, padding, _ = window(draw)
    while padding == "valid" and (kernel[0] > size[0] or kernel[1] > size[1]):
        size, kernel, stride, _, padding, _ = window(draw)
    to = [-(-n // s) if padding == "same" else (n - k) // s + 1 for n, k, s in zip(size, kernel, stride)]
    batch, channels = draw.integer(1, 2), draw.integer(1, 40)
    x = draw.fed([batch, *size, channels], type)
    options = dict(padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1], filterHeight=kernel[0],
                   filterWidth=kernel[1], fusedActivationFunction=draw.activation())
    return Case("Pool2DOptions", options, [x], draw.like(x, [batch, *to, channels]))


@operator(["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"], ALL)
def resize(draw, type):
    x = draw.fed([draw.integer(1, 2), draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 20)], type)
    to = [draw.integer(1, 20), draw.integer(1, 20)]
    align = draw.chance(0.35)
    return Case(None, dict(alignCorners=align, halfPixelCenters=not align and draw.chance(0.5)),
                [x, draw.constant(to)], draw.like(x, [x.shape[0], *to, x.shape[3]]))
