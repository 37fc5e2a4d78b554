"""Operators that move, select or convert elements."""

import numpy as np
from model import Case, Tensor
from registry import operator

ALL = ("int8", "int16", "uint8")


@operator("QUANTIZE", ("float32", *ALL))
def quantize(draw, type):
    x = draw.fed(draw.shape(), type)
    to = draw.choice(["int8", "uint8", "int16"] if type == "float32" else
                     {"int8": ["int8", "uint8", "int16"], "uint8": ["int8", "uint8"],
                      "int16": ["int8", "int16", "int32"]}[type])
    scale = 0.05 if type == "float32" else float(x.scale[0])
    if "16" in to + type and to != type:
        scale *= 1 / 256 if to == "int16" else 256 if type == "int16" and to == "int8" else 1
    return Case(None, {}, [x], draw.result(x.shape, to, scale, None if to != "int32" else 0))


@operator("DEQUANTIZE", ALL)
def dequantize(draw, type):
    x = draw.fed(draw.shape(), type)
    return Case(None, {}, [x], Tensor(x.shape, "float32"))


@operator("CONCATENATION", ALL)
def concatenation(draw, type):
    shape = draw.shape()
    axis = draw.integer(0, len(shape) - 1)
    parts, same = [], type == "int8" or draw.chance(0.5)
    first = draw.fed(shape, type)
    for _ in range(draw.integer(1, 4)):
        sizes = list(shape)
        sizes[axis] = draw.integer(1, 6)
        parts.append(draw.fed(sizes, type, *(() if type == "uint8" and not same else (float(first.scale[0]), first.zero))))
    shape[axis] = sum(p.shape[axis] for p in parts)
    y = draw.like(first, shape) if type != "uint8" or same else draw.result(shape, type, float(first.scale[0]))
    options = dict(axis=axis - len(shape) if draw.chance(0.3) else axis)
    return Case("ConcatenationOptions", options, parts, y)


@operator("PACK", ALL)
def stack(draw, type):
    first = draw.fed(draw.shape(most=3), type)
    count, rank = draw.integer(1, 4), len(first.shape)
    axis = draw.integer(0, rank)
    parts = [first] + [draw.fed(first.shape, type, float(first.scale[0]), first.zero) for _ in range(count - 1)]
    shape = [*first.shape[:axis], count, *first.shape[axis:]]
    return Case(None, dict(axis=axis - rank - 1 if draw.chance(0.3) else axis, valuesCount=count), parts,
                draw.like(first, shape))


@operator("UNPACK", ALL)
def unstack(draw, type):
    x = draw.fed(draw.shape(largest=5), type)
    axis = draw.integer(0, len(x.shape) - 1)
    count = x.shape[axis]
    shape = x.shape[:axis] + x.shape[axis + 1:]
    return Case(None, dict(axis=axis, num=count), [x], [draw.like(x, shape) for _ in range(count)])


@operator("SPLIT", ALL)
def split(draw, type):
    shape = draw.shape()
    axis, count = draw.integer(0, len(shape) - 1), draw.integer(1, 4)
    part = list(shape)
    shape[axis] *= count
    x = draw.fed(shape, type)
    at = Tensor([], "int32", data=axis - len(shape) if draw.chance(0.3) else axis)
    return Case(None, dict(numSplits=count), [at, x], [draw.like(x, part) for _ in range(count)])


@operator("SPLIT_V", ALL)
def split_sizes(draw, type):
    shape = draw.shape()
    axis = draw.integer(0, len(shape) - 1)
    sizes = [draw.integer(1, 4) for _ in range(draw.integer(1, 4))]
    shape[axis] = sum(sizes)
    x = draw.fed(shape, type)
    parts = [draw.like(x, shape[:axis] + [n] + shape[axis + 1:]) for n in sizes]
    return Case(None, dict(numSplits=len(sizes)), [x, draw.constant(sizes), Tensor([], "int32", data=axis)], parts)


def amounts(draw, x, most):
    pads = [[draw.integer(0, most(n)), draw.integer(0, most(n))] for n in x.shape]
    return draw.constant(pads), [n + sum(p) for n, p in zip(x.shape, pads)]


@operator("PAD", ALL)
def pad(draw, type):
    x = draw.fed(draw.shape(largest=6), type)
    pads, shape = amounts(draw, x, lambda n: 3)
    return Case(None, {}, [x, pads], draw.like(x, shape))


@operator("PADV2", ("int8", "uint8"))
def pad_value(draw, type):
    x = draw.fed(draw.shape(largest=6), type)
    pads, shape = amounts(draw, x, lambda n: 3)
    value = Tensor([1], type, x.scale, x.zero, data=draw.values([1], type))
    return Case(None, {}, [x, pads, value], draw.like(x, shape))


@operator("MIRROR_PAD", ("int8", "uint8"))
def mirror_pad(draw, type):
    x = draw.fed(draw.shape(largest=6), type)
    mode = draw.integer(0, 1)  # 0: without the edge, 1: with it
    pads, shape = amounts(draw, x, lambda n: min(3, n - 1 + mode))
    return Case(None, dict(mode=mode), [x, pads], draw.like(x, shape))


@operator("RESHAPE", ALL)
def reshape(draw, type):
    x = draw.fed(draw.shape(), type)
    shape = [int(n) for n in draw.rng.permutation(x.shape)]
    return Case("ReshapeOptions", dict(newShape=shape), [x, draw.constant(shape)], draw.like(x, shape))


@operator("TRANSPOSE", ALL)
def transpose(draw, type):
    x = draw.fed(draw.shape(most=5, largest=5), type)
    order = [int(a) for a in draw.rng.permutation(len(x.shape))]
    return Case(None, {}, [x, draw.constant(order)], draw.like(x, [x.shape[a] for a in order]))


@operator("SLICE", ALL)
def part(draw, type):
    x = draw.fed(draw.shape(), type)
    begin = [draw.integer(0, n - 1) for n in x.shape]
    size = [draw.integer(1, n - b) for n, b in zip(x.shape, begin)]
    return Case(None, {}, [x, draw.constant(begin), draw.constant(size)], draw.like(x, size))


@operator("STRIDED_SLICE", ALL)
def strided(draw, type):
    x = draw.fed(draw.shape(), type)
    begin, end, step, shape = [], [], [], []
    for n in x.shape:
        b, s = draw.integer(0, n - 1), draw.choice([1, 1, 2, 3, -1, -2])
        e = draw.integer(b + 1, n) if s > 0 else draw.integer(-n - 1, b - 1 - n)
        begin.append(b), end.append(e), step.append(s)
        shape.append(len(range(n)[b:e:s]) if s > 0 else len(range(n)[b:e if e >= -n else None:s]))
    return Case(None, {}, [x, *[draw.constant(v) for v in (begin, end, step)]], draw.like(x, shape))


@operator("GATHER", ALL)
def gather(draw, type):
    x = draw.fed(draw.shape(), type)
    axis = draw.integer(0, len(x.shape) - 1)
    index = draw.shape(draw.integer(0, 2), largest=4)
    indices = Tensor(index, "int32", feed=draw.rng.integers(0, x.shape[axis], index))
    return Case(None, dict(axis=axis), [x, indices], draw.like(x, x.shape[:axis] + index + x.shape[axis + 1:]))


@operator("TILE", ALL)
def tile(draw, type):
    x = draw.fed(draw.shape(largest=4), type)
    times = [draw.integer(1, 3) for _ in x.shape]
    return Case(None, {}, [x, draw.constant(times)], draw.like(x, [n * t for n, t in zip(x.shape, times)]))


@operator("REVERSE_V2", ALL)
def reverse(draw, type):
    x = draw.fed(draw.shape(), type)
    return Case(None, {}, [x, draw.constant([draw.integer(0, len(x.shape) - 1)])], draw.like(x))


@operator("SPACE_TO_DEPTH", ("int8", "uint8"))
def space_to_depth(draw, type):
    n, h, w, c, b = [draw.integer(1, 4) for _ in range(5)]
    x = draw.fed([n, h * b, w * b, c], type)
    return Case(None, dict(blockSize=b), [x], draw.like(x, [n, h, w, c * b * b]))


@operator("DEPTH_TO_SPACE", ("int8", "uint8"))
def depth_to_space(draw, type):
    n, h, w, c, b = [draw.integer(1, 4) for _ in range(5)]
    x = draw.fed([n, h, w, c * b * b], type)
    return Case(None, dict(blockSize=b), [x], draw.like(x, [n, h * b, w * b, c]))


@operator("SPACE_TO_BATCH_ND", ("int8", "uint8"))
def space_to_batch(draw, type):
    n, h, w, c, b, d = [draw.integer(1, 4) for _ in range(6)]
    pads = [[draw.integer(0, 2), 0], [draw.integer(0, 2), 0]]
    size = [h * b, w * d]
    for p, s, k in zip(pads, size, (b, d)):
        p[1] = -(s + p[0]) % k
    x = draw.fed([n, *size, c], type)
    to = [(s + sum(p)) // k for s, p, k in zip(size, pads, (b, d))]
    return Case(None, {}, [x, draw.constant([b, d]), draw.constant(pads)], draw.like(x, [n * b * d, *to, c]))


@operator("BATCH_TO_SPACE_ND", ("int8", "uint8"))
def batch_to_space(draw, type):
    n, h, w, c, b, d = [draw.integer(1, 4) for _ in range(6)]
    crops = [[draw.integer(0, (h * b - 1) // 2), 0], [0, draw.integer(0, (w * d - 1) // 2)]]
    x = draw.fed([n * b * d, h, w, c], type)
    to = [h * b - sum(crops[0]), w * d - sum(crops[1])]
    return Case(None, {}, [x, draw.constant([b, d]), draw.constant(crops)], draw.like(x, [n, *to, c]))
