"""Golden values of operators that move elements; see Scripts/make-golden-movement."""

import json
import os
import sys
import zlib

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, folder)

import families.indexing  # noqa: F401, E402
import families.movement  # noqa: F401, E402
from draw import Draw  # noqa: E402
from engines import LiteRT  # noqa: E402
from model import pack  # noqa: E402
from registry import ROWS  # noqa: E402

blob = bytearray()
MOVED = {"float32", "int8", "int16", "bool", "int64"}
OTHERS = {"QUANTIZE", "DEQUANTIZE", "CONCATENATION", "RESHAPE"}


def put(array):
    start = len(blob)
    data = array if isinstance(array, bytes) else np.ascontiguousarray(array).tobytes()
    blob.extend(data)
    return [start, len(data)]


def tflite():
    cases = []
    for row in ROWS:
        if row.type not in MOVED or row.operator in OTHERS:
            continue
        seeds = (Draw(zlib.crc32(f"{row.operator} {row.type} golden {i}".encode())) for i in range(400))
        drawn = (row.function(draw, row.type) for draw in seeds)
        small = [c for c in drawn if sum(np.prod(t.shape) for t in c.outputs) <= 40][:2]
        for case in small:
            case.operator = row.operator
            try:
                LiteRT("reference").run([case])
            except Exception:  # LiteRT has no kernel for the type
                continue
            cases.append(case)
    model, feeds, names = pack(cases)
    results = LiteRT("reference").run(cases)
    outputs = [
        dict(name=name, operator=case.operator, type=str(value.dtype), shape=list(value.shape), data=put(value))
        for case, group, values in zip(cases, names, results) for name, value in zip(group, values)
    ]
    return dict(model=put(model), inputs={k: put(v) for k, v in feeds.items()}, outputs=outputs)


nodes, inputs, constants, results = [], {}, [], []
rng = np.random.default_rng(7)


def add(op, *operands, count=1, computed=(), **attributes):
    """A node; operands at the places of `computed` are fed, and so are arrays at place 0."""
    k, names = len(nodes), []
    for i, value in enumerate(operands):
        if value is None:
            names.append("")
            continue
        name = f"n{k}_i{i}"
        names.append(name)
        value = np.asarray(value)
        if i == 0 or i in computed:
            inputs[name] = value
        else:
            constants.append(numpy_helper.from_array(value, name))
    outputs = [f"n{k}_o{i}" for i in range(count)]
    nodes.append(helper.make_node(op, names, outputs, **attributes))
    results.extend((op, name) for name in outputs)


def real(*shape):
    return rng.normal(size=shape).astype(np.float32)


def whole(dtype, *shape):
    return rng.integers(0, 100, shape).astype(dtype)


def ints(*values):
    return np.array(values, np.int64)


def build():
    for axis in (0, 1, -1):
        add("Gather", real(3, 4, 2), ints(-1, 0, 1), computed=(1,), axis=axis)
    add("Gather", whole(np.int8, 5), np.array([[1, -5], [4, 0]], np.int32), computed=(1,))
    index = rng.integers(-3, 3, (2, 4)).astype(np.int64)
    add("GatherElements", real(3, 4), index, computed=(1,), axis=0)
    add("GatherND", real(2, 3, 4), np.array([[0, -1], [1, 2]], np.int64), computed=(1,))
    add("GatherND", whole(np.int32, 2, 3, 4), np.array([[[1]], [[-3]]], np.int64), computed=(1,), batch_dims=1)
    for reduction in ("none", "add", "mul", "max", "min"):
        for dtype in (np.float32, np.int32, np.int64, np.uint8):
            if reduction == "none" or dtype is not np.uint8:
                # Places are written once unless what is written is combined.
                places = np.array([[0, 2], [1, 0]], np.int64) if reduction == "none" else np.array(
                    [[0, 0], [-1, 0]], np.int64)
                add("ScatterElements", whole(dtype, 3, 4), places, whole(dtype, 2, 2), computed=(1, 2), axis=1,
                    reduction=reduction)
                rows = np.array([[1], [-2]] if reduction == "none" else [[1], [1]], np.int64)
                add("ScatterND", whole(dtype, 4, 3), rows, whole(dtype, 2, 3), computed=(1, 2), reduction=reduction)
    for mode in ("reflect", "edge", "wrap"):
        add("Pad", real(3, 4), ints(1, 2, 2, 3), computed=(1,), mode=mode)
        add("Pad", whole(np.int64, 5, 4), ints(1, -1, -2, 2), mode=mode)
    add("Pad", real(3, 4), ints(2, -1), np.float32(1.5), ints(-1), computed=(1, 2, 3))
    add("Pad", real(3, 4), ints(-1, 0, 2, -2), np.float32(-2))
    add("Split", real(7, 2), count=3, num_outputs=3)
    add("Split", real(2, 6), ints(1, 5), count=2, computed=(1,), axis=-1)
    add("Slice", real(4, 5), ints(-1, 1), ints(-100, 4), ints(0, 1), ints(-2, 2))
    add("Slice", real(4, 5), ints(3), ints(np.iinfo(np.int64).min), ints(-1), ints(-1), computed=(1, 2))
    add("Tile", real(2, 3), ints(2, 3), computed=(1,))
    add("Expand", real(3, 1), ints(2, 1, 4))
    add("OneHot", whole(np.int64, 2, 3) % 7 - 3, ints(4), np.array([2, 5], np.float32), axis=1)
    add("OneHot", np.array([0.0, 2.0, -1.0], np.float32), np.float32(3), np.array([0, 1], np.float32))
    add("ReverseSequence", real(4, 3, 2), ints(1, 4, 2), computed=(1,))
    add("ReverseSequence", real(3, 4), ints(4, 0, 3), time_axis=1, batch_axis=0)
    for upper in (0, 1):
        for diagonal in (-5, -1, 0, 2, 5):
            add("Trilu", real(3, 4), np.int64(diagonal), computed=(1,), upper=upper)
    add("Compress", real(3, 4), np.array([False, True, True]), computed=(1,), axis=-1)
    add("Compress", real(3, 4), np.array([True, False, False, True, True]))
    add("NonZero", np.array([[1, 0, -2], [0, 0, 3]], np.int32))
    for axis in (None, 0, 1):
        for ordered in (0, 1):
            x = np.array([[2, 1, 2, 0], [1, 1, 1, 3], [2, 1, 2, 0]], np.float32)
            add("Unique", x, count=4, sorted=ordered, **({} if axis is None else dict(axis=axis)))
    add("Range", np.int64(7), np.int64(-4), np.int64(-3), computed=(1, 2))
    add("Range", np.float32(0.5), np.float32(3.1), np.float32(0.75))
    add("ConstantOfShape", ints(2, 3), value=numpy_helper.from_array(np.array([7], np.int8)))
    add("EyeLike", whole(np.int32, 3, 4), k=1, dtype=TensorProto.DOUBLE)
    add("EyeLike", real(4, 3), k=-2)
    for start, end in ((0, None), (-2, None), (1, -1), (2, 1)):
        add("Shape", real(2, 3, 4), **{k: v for k, v in dict(start=start, end=end).items() if v is not None})
    add("Size", real(2, 3, 4))
    add("SpaceToDepth", real(1, 2, 4, 6), blocksize=2)
    for mode in ("DCR", "CRD"):
        add("DepthToSpace", real(2, 8, 2, 3), blocksize=2, mode=mode)
    add("CenterCropPad", real(5, 4, 3), ints(2, 7), computed=(1,), axes=[0, -1])
    add("Col2Im", real(1, 12, 9), ints(5, 4), ints(2, 3), pads=[0, 1, 1, 0], strides=[2, 1], dilations=[1, 1])
    add("Squeeze", real(1, 3, 1, 2), ints(-2), computed=(1,))
    add("Unsqueeze", real(3, 2), ints(-1, 0), computed=(1,))


def in_onnx():
    build()

    def info(name, value):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)

    graph = helper.make_graph(
        nodes, "movement", [info(k, v) for k, v in inputs.items()],
        [helper.make_empty_tensor_value_info(name) for _, name in results], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    values = session.run(None, inputs)
    for (_, name), value, output in zip(results, values, graph.output):
        output.CopyFrom(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), None))
    outputs = [
        dict(name=name, operator=op, type=str(value.dtype), shape=list(value.shape), data=put(value))
        for (op, name), value in zip(results, values)
    ]
    return dict(model=put(model.SerializeToString()), inputs={k: put(v) for k, v in inputs.items()}, outputs=outputs)


golden = {"tflite": tflite(), "onnx": in_onnx()}
target = sys.argv[1]
with open(os.path.join(target, "movement.json"), "w") as file:
    json.dump(golden, file, separators=(",", ":"))
with open(os.path.join(target, "movement.bin"), "wb") as file:
    file.write(blob)
print({k: len(v["outputs"]) for k, v in golden.items()}, len(blob), "bytes")
