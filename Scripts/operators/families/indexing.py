"""Operators that move what indices name, cut, repeat and rearrange, for all types that LiteRT has."""

import numpy as np
from model import Case, Tensor
from registry import operator

REAL = ("float32", "int32", "int64", "bool")
ALL = ("float32", "int8", "int16", "uint8", "int32", "int64", "bool")


def same(draw, x, shape):
    return draw.like(x, [int(n) for n in shape])


def indices(draw, extent, shape, dtype=None):
    return Tensor(shape, dtype or draw.choice(["int32", "int64"]), feed=draw.rng.integers(0, extent, shape))


@operator("GATHER", REAL)
def gather(draw, type):
    x = draw.fed(draw.shape(), type)
    rank = len(x.shape)
    axis = draw.integer(0, rank - 1)
    batch = draw.integer(0, axis) if draw.chance(0.4) else 0
    index = x.shape[:batch] + draw.shape(draw.integer(0, 2), largest=4)
    shape = x.shape[:axis] + index[batch:] + x.shape[axis + 1:]
    options = dict(axis=axis - rank if draw.chance(0.3) else axis, batchDims=batch)
    return Case(None, options, [x, indices(draw, x.shape[axis], index)], same(draw, x, shape))


@operator("GATHER_ND", ("float32", "int8", "uint8", "int16", "int32", "int64", "bool"))
def gather_nd(draw, type):
    x = draw.fed(draw.shape(), type)
    depth = draw.integer(1, len(x.shape))
    outer = draw.shape(draw.integer(0, 2), largest=4)
    columns = [draw.rng.integers(0, n, outer) for n in x.shape[:depth]]
    index = Tensor([*outer, depth], draw.choice(["int32", "int64"]), feed=np.stack(columns, -1))
    return Case("GatherNdOptions", {}, [x, index], same(draw, x, outer + x.shape[depth:]))


@operator("SCATTER_ND", ("float32", "int8", "uint8", "int32", "int64"))
def scatter_nd(draw, type):
    shape = draw.shape(largest=5)
    depth = draw.integer(1, len(shape))
    outer = draw.shape(draw.integer(1, 2), largest=4)
    columns = [draw.rng.integers(0, n, outer) for n in shape[:depth]]
    index = Tensor([*outer, depth], "int32", feed=np.stack(columns, -1))
    updates = draw.fed(outer + shape[depth:], type)
    if type == "float32":  # sums in any order are the same
        updates.feed = np.rint(updates.feed).astype(np.float32)
    return Case("ScatterNdOptions", {}, [index, updates, draw.constant(shape)], same(draw, updates, shape))


@operator("EMBEDDING_LOOKUP", ("float32", "int8"))
def embedding_lookup(draw, type):
    rows, columns = draw.integer(1, 12), draw.shape(draw.integer(1, 3), largest=5)
    index = indices(draw, rows, [draw.integer(1, 6)], "int32")
    if type == "float32":
        table = Tensor([rows, *columns], type, data=draw.values([rows, *columns], type))
    else:
        scale = [draw.scale() for _ in range(rows)] if draw.chance(0.5) else draw.scale()
        table = Tensor([rows, *columns], type, scale, 0, data=draw.values([rows, *columns], type))
    return Case(None, {}, [index, table], Tensor([index.shape[0], *columns], "float32"), version=3)


@operator("DYNAMIC_UPDATE_SLICE", ("float32", "int8", "int32", "int64", "bool"))
def update_slice(draw, type):
    x = draw.fed(draw.shape(largest=6), type)
    part = [draw.integer(1, n) for n in x.shape]
    start = [draw.integer(-2, n + 1) for n in x.shape]
    block = draw.fed(part, type, *(() if x.scale is None else (float(x.scale[0]), x.zero)))
    return Case(None, {}, [x, block, Tensor([len(start)], "int32", feed=start)], draw.like(x))


@operator("ONE_HOT", ("float32", "int8", "uint8", "int32", "int64", "bool"))
def one_hot(draw, type):
    shape, depth = draw.shape(most=3, largest=5), draw.integer(1, 7)
    index = Tensor(shape, draw.choice(["int32", "int64"]), feed=draw.rng.integers(-1, depth + 1, shape))
    axis = draw.integer(-1, len(shape))
    at = len(shape) if axis < 0 else axis
    values = [Tensor([], type, data=draw.values([], type)) for _ in range(2)]
    depths = Tensor([], "int32", data=depth)
    return Case(None, dict(axis=axis), [index, depths, *values], Tensor(shape[:at] + [depth] + shape[at:], type))


@operator("REVERSE_SEQUENCE", ("float32", "uint8", "int16", "int32", "int64"))
def reverse_sequence(draw, type):
    x = draw.fed(draw.shape(rank=draw.integer(2, 4), largest=6), type)
    batch, step = [int(a) for a in draw.rng.permutation(len(x.shape))[:2]]
    if step == 0 and batch == 0:
        step = 1
    lengths = draw.rng.integers(0, x.shape[step] + 1, x.shape[batch])
    return Case(None, dict(seqDim=step, batchDim=batch),
                [x, Tensor([x.shape[batch]], draw.choice(["int32", "int64"]), feed=lengths)], draw.like(x))


@operator("REVERSE_V2", REAL)
def reverse(draw, type):
    x = draw.fed(draw.shape(), type)
    return Case(None, {}, [x, draw.constant([draw.integer(0, len(x.shape) - 1)])], draw.like(x))


@operator("TILE", REAL)
def tile(draw, type):
    x = draw.fed(draw.shape(largest=4), type)
    times = [draw.integer(1, 3) for _ in x.shape]
    return Case(None, {}, [x, draw.constant(times, draw.choice(["int32", "int64"]))],
                same(draw, x, [n * t for n, t in zip(x.shape, times)]))


@operator("BROADCAST_TO", ("float32", "int8", "int16", "int32", "int64", "bool"))
def broadcast_to(draw, type):
    whole = draw.shape(most=5, largest=5)
    part = [1 if draw.chance(0.5) else n for n in whole][draw.integer(0, len(whole) - 1):]
    x = draw.fed(part, type)
    return Case(None, {}, [x, draw.constant(whole, draw.choice(["int32", "int64"]))], same(draw, x, whole), version=3)


@operator("FILL", ("float32", "int8", "int16", "int32", "int64", "bool"))
def fill(draw, type):
    shape = draw.shape()
    value = draw.fed([], type)
    return Case(None, {}, [draw.constant(shape), value], same(draw, value, shape), version=3)


def cut(draw, type):
    x = draw.fed(draw.shape(most=5, largest=6), type)
    begin = [draw.integer(0, n - 1) for n in x.shape]
    size = [draw.integer(1, n - b) for n, b in zip(x.shape, begin)]
    said = [-1 if draw.chance(0.2) and s == n - b else s for n, b, s in zip(x.shape, begin, size)]
    dtype = draw.choice(["int32", "int64"])
    return Case(None, {}, [x, draw.constant(begin, dtype), draw.constant(said, dtype)], same(draw, x, size))


operator("SLICE", REAL)(cut)


@operator("STRIDED_SLICE", ALL)
def strided(draw, type):
    """With all masks."""
    x = draw.fed(draw.shape(most=4, largest=6), type)
    begin, end, step, shape = [], [], [], []
    masks = dict(beginMask=0, endMask=0, ellipsisMask=0, newAxisMask=0, shrinkAxisMask=0)
    axes = list(x.shape)
    skipped = draw.integer(0, len(axes) - 1) if draw.chance(0.3) else None
    axis = 0
    while axis < len(axes):
        bit = 1 << len(begin)
        if skipped == axis:
            skipped, taken = None, draw.integer(1, len(axes) - axis)
            masks["ellipsisMask"] |= bit
            begin.append(0), end.append(0), step.append(1)
            shape += axes[axis:axis + taken]
            axis += taken
            continue
        if draw.chance(0.12) and len(begin) < 5:
            masks["newAxisMask"] |= bit
            begin.append(0), end.append(1), step.append(1)
            shape.append(1)
            continue
        n = axes[axis]
        axis += 1
        if draw.chance(0.2):
            at = draw.integer(-n, n - 1)
            masks["shrinkAxisMask"] |= bit
            begin.append(at), end.append(at + 1), step.append(1)
            continue
        s = draw.choice([1, 1, 2, 3, -1, -2])
        b = draw.integer(0, n - 1)
        e = draw.integer(b + 1, n) if s > 0 else draw.integer(-n - 1, b - 1 - n)
        window = slice(b, e if e >= -n else None, s)
        if draw.chance(0.2):
            masks["beginMask"] |= bit
            window = slice(None, window.stop, s)
        if draw.chance(0.2):
            masks["endMask"] |= bit
            window = slice(window.start, None, s)
        begin.append(b), end.append(e), step.append(s)
        shape.append(max(1, len(range(n)[window])))
    return Case(None, masks, [x, *[draw.constant(v) for v in (begin, end, step)]], same(draw, x, shape))


@operator(["PAD"], REAL)
def pad(draw, type):
    x = draw.fed(draw.shape(largest=5, most=5), type)
    pads = [[draw.integer(0, 3), draw.integer(0, 3)] for _ in x.shape]
    return Case(None, {}, [x, draw.constant(pads, draw.choice(["int32", "int64"]))],
                same(draw, x, [n + sum(p) for n, p in zip(x.shape, pads)]))


@operator("PADV2", ("float32", "int16", "int32", "int64"))
def pad_value(draw, type):
    x = draw.fed(draw.shape(largest=5), type)
    pads = [[draw.integer(0, 3), draw.integer(0, 3)] for _ in x.shape]
    value = Tensor([1], type, x.scale, x.zero, data=draw.values([1], type))
    return Case(None, {}, [x, draw.constant(pads), value], same(draw, x, [n + sum(p) for n, p in zip(x.shape, pads)]))


@operator("MIRROR_PAD", ("float32", "int16", "int32", "int64"))
def mirror_pad(draw, type):
    x = draw.fed(draw.shape(largest=6), type)
    mode = draw.integer(0, 1)
    pads = [[draw.integer(0, min(3, n - 1 + mode)) for _ in range(2)] for n in x.shape]
    return Case(None, dict(mode=mode), [x, draw.constant(pads)],
                same(draw, x, [n + sum(p) for n, p in zip(x.shape, pads)]))


@operator("SPLIT", ("float32", "int32"))
def split(draw, type):
    shape = draw.shape()
    axis, count = draw.integer(0, len(shape) - 1), draw.integer(1, 4)
    part = list(shape)
    shape[axis] *= count
    x = draw.fed(shape, type)
    at = Tensor([], "int32", data=axis - len(shape) if draw.chance(0.3) else axis)
    return Case(None, dict(numSplits=count), [at, x], [same(draw, x, part) for _ in range(count)])


@operator("SPLIT_V", ("float32", "int32", "int64"))
def split_sizes(draw, type):
    shape = draw.shape()
    axis = draw.integer(0, len(shape) - 1)
    sizes = [draw.integer(1, 4) for _ in range(draw.integer(1, 4))]
    shape[axis] = sum(sizes)
    x = draw.fed(shape, type)
    parts = [same(draw, x, shape[:axis] + [n] + shape[axis + 1:]) for n in sizes]
    said = list(sizes)
    if draw.chance(0.4):
        said[draw.integer(0, len(said) - 1)] = -1
    return Case(None, dict(numSplits=len(sizes)), [x, draw.constant(said), Tensor([], "int32", data=axis)], parts)


@operator("UNPACK", ("float32", "int32", "bool"))
def unstack(draw, type):
    x = draw.fed(draw.shape(largest=5), type)
    axis, rank = draw.integer(0, len(x.shape) - 1), len(x.shape)
    shape = x.shape[:axis] + x.shape[axis + 1:]
    return Case(None, dict(axis=axis - rank if draw.chance(0.3) else axis, num=x.shape[axis]), [x],
                [same(draw, x, shape) for _ in range(x.shape[axis])])


@operator("PACK", REAL[:-1])
def stack(draw, type):
    first = draw.fed(draw.shape(most=3), type)
    count, rank = draw.integer(1, 4), len(first.shape)
    axis = draw.integer(0, rank)
    parts = [first] + [draw.fed(first.shape, type) for _ in range(count - 1)]
    shape = [*first.shape[:axis], count, *first.shape[axis:]]
    return Case(None, dict(axis=axis - rank - 1 if draw.chance(0.3) else axis, valuesCount=count), parts,
                same(draw, first, shape))


@operator("CONCATENATION", REAL)
def concatenation(draw, type):
    shape = draw.shape()
    axis, parts = draw.integer(0, len(shape) - 1), []
    for _ in range(draw.integer(1, 4)):
        parts.append(draw.fed(shape[:axis] + [draw.integer(1, 6)] + shape[axis + 1:], type))
    total = shape[:axis] + [sum(p.shape[axis] for p in parts)] + shape[axis + 1:]
    return Case("ConcatenationOptions", dict(axis=axis - len(shape) if draw.chance(0.3) else axis), parts,
                same(draw, parts[0], total))


@operator("TRANSPOSE", REAL)
def transpose(draw, type):
    x = draw.fed(draw.shape(most=6, largest=4), type)
    order = [int(a) for a in draw.rng.permutation(len(x.shape))]
    return Case(None, {}, [x, draw.constant(order)], same(draw, x, [x.shape[a] for a in order]))


@operator("SPACE_TO_DEPTH", ("float32", "int32", "int64"))
def space_to_depth(draw, type):
    n, h, w, c, b = [draw.integer(1, 4) for _ in range(5)]
    x = draw.fed([n, h * b, w * b, c], type)
    return Case(None, dict(blockSize=b), [x], same(draw, x, [n, h, w, c * b * b]))


@operator("DEPTH_TO_SPACE", ("float32", "int32", "int64"))
def depth_to_space(draw, type):
    n, h, w, c, b = [draw.integer(1, 4) for _ in range(5)]
    x = draw.fed([n, h, w, c * b * b], type)
    return Case(None, dict(blockSize=b), [x], same(draw, x, [n, h * b, w * b, c]))


def blocked(draw):
    rank = draw.integer(1, 2)
    return [draw.integer(1, 3) for _ in range(rank)], [draw.integer(1, 4) for _ in range(rank)]


@operator("SPACE_TO_BATCH_ND", ("float32", "int32", "int64", "int16"))
def space_to_batch(draw, type):
    block, to = blocked(draw)
    n, c = draw.integer(1, 3), draw.integer(1, 4)
    pads = [[draw.integer(0, min(2, b * t - 1)), 0] for b, t in zip(block, to)]
    x = draw.fed([n, *[b * t - p[0] for b, t, p in zip(block, to, pads)], c], type)
    return Case(None, {}, [x, draw.constant(block), draw.constant(pads)],
                same(draw, x, [n * int(np.prod(block)), *to, c]))


@operator("BATCH_TO_SPACE_ND", ("float32", "int32", "int64", "int16"))
def batch_to_space(draw, type):
    block, of = blocked(draw)
    n, c = draw.integer(1, 3), draw.integer(1, 4)
    crops = [[draw.integer(0, (b * t - 1) // 2), draw.integer(0, (b * t - 1) // 2)] for b, t in zip(block, of)]
    x = draw.fed([n * int(np.prod(block)), *of, c], type)
    to = [b * t - sum(p) for b, t, p in zip(block, of, crops)]
    return Case(None, {}, [x, draw.constant(block), draw.constant(crops)], same(draw, x, [n, *to, c]))


@operator("MATRIX_DIAG", ALL[:-1])  # LiteRT's kernels leave results of type bool as they are
def matrix_diagonal(draw, type):
    x = draw.fed(draw.shape(largest=5), type)
    return Case(None, {}, [x], same(draw, x, x.shape + [x.shape[-1]]))


@operator("MATRIX_SET_DIAG", ALL[:-1])
def set_diagonal(draw, type):
    x = draw.fed(draw.shape(rank=draw.integer(2, 4), largest=5), type)
    d = draw.fed(x.shape[:-2] + [min(x.shape[-2:])], type, *(() if x.scale is None else (float(x.scale[0]), x.zero)))
    return Case(None, {}, [x, d], draw.like(x))


@operator("RANK", ("float32", "int8"))
def rank(draw, type):
    return Case(None, {}, [draw.fed(draw.shape(most=6, largest=3), type)], Tensor([], "int32"))


@operator("SHAPE", ("float32", "int8"))
def shape_of(draw, type):
    x = draw.fed(draw.shape(most=6, largest=3), type)
    to = draw.choice(["int32", "int64"])
    return Case(None, dict(outType={"int32": 2, "int64": 4}[to]), [x], Tensor([len(x.shape)], to))
