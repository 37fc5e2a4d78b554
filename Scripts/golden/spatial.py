"""Golden values of the spatial operators; see Scripts/make-golden-spatial."""

import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "operators"))

import flatbuffers
import onnx
import onnxruntime
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from model import Case, Tensor, pack
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(2026)
cases, blob, refused = [], bytearray(), []
KINDS = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float64): TensorProto.DOUBLE,
         np.dtype(np.int32): TensorProto.INT32, np.dtype(np.int64): TensorProto.INT64,
         np.dtype(np.uint32): TensorProto.UINT32, np.dtype(np.uint64): TensorProto.UINT64,
         np.dtype(np.uint8): TensorProto.UINT8, np.dtype(np.int8): TensorProto.INT8}


def put(data):
    start = len(blob)
    blob.extend(data)
    blob.extend(b"\0" * (-len(blob) % 8))
    return [start, len(data)]


def save(name, format, exact, model, inputs, outputs):
    cases.append({"name": name, "format": format, "exact": exact, "model": put(model),
                  "inputs": [put(np.ascontiguousarray(x).tobytes()) for x in inputs],
                  "outputs": [{"data": put(np.ascontiguousarray(y).tobytes()), "type": str(y.dtype),
                               "shape": list(y.shape)} for y in outputs]})


# ONNX

def real(*shape, type=np.float32):
    return rng.normal(size=shape).astype(type)


def onnx_case(name, op, operands, opset=18, outputs=1, fed=1, exact=False, **attributes):
    """The first `fed` operands are inputs; None stands for one that is left out."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(operands)]
    infos, constants, feeds = [], [], {}
    for i, x in enumerate(operands):
        if x is None:
            continue
        if i < fed:
            infos.append(helper.make_tensor_value_info(names[i], KINDS[x.dtype], x.shape))
            feeds[names[i]] = x
        else:
            constants.append(numpy_helper.from_array(np.asarray(x), names[i]))
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    graph = helper.make_graph([node], "g", infos, [helper.make_empty_tensor_value_info(r) for r in results], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    try:
        model = onnx.shape_inference.infer_shapes(model)
        del model.graph.value_info[:]
        data = model.SerializeToString()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        found = session.run(None, feeds)
    except Exception as error:
        refused.append(f"{name}: {' '.join(str(error).split())[:160]}")
        return
    save(name, "onnx", exact, data, feeds.values(), found)


onnx_case("Conv 1-D", "Conv", [real(2, 3, 9), real(5, 3, 3), real(5)], strides=[2], pads=[1, 2])
onnx_case("Conv 1-D depthwise", "Conv", [real(1, 4, 8), real(4, 1, 3), real(4)], group=4, dilations=[2], pads=[2, 2])
onnx_case("Conv 3-D", "Conv", [real(1, 4, 5, 4, 3), real(6, 2, 2, 3, 2), real(6)], group=2, strides=[2, 1, 1],
          pads=[1, 0, 1, 0, 1, 0], dilations=[1, 1, 2])
onnx_case("Conv SAME_LOWER", "Conv", [real(1, 2, 6, 7), real(3, 2, 2, 4)], auto_pad="SAME_LOWER", strides=[2, 1])
for rank, size in ((1, [5]), (2, [4, 3]), (3, [3, 2, 3])):
    onnx_case(f"ConvTranspose {rank}-D", "ConvTranspose", [real(1, 4, *size), real(4, 3, *[3] * rank), real(6)], group=2,
              strides=[2] * rank, pads=[1] * (2 * rank), output_padding=[1] * rank)
onnx_case("ConvTranspose dilated", "ConvTranspose", [real(1, 2, 4, 4), real(2, 3, 3, 2)], dilations=[2, 3],
          strides=[1, 2], pads=[2, 0, 1, 1])
onnx_case("ConvTranspose output_shape", "ConvTranspose", [real(1, 2, 4, 3), real(2, 3, 3, 3)], strides=[2, 3],
          output_shape=[8, 10])
for auto in ("SAME_UPPER", "SAME_LOWER"):
    onnx_case(f"ConvTranspose {auto}", "ConvTranspose", [real(1, 2, 4, 3), real(2, 3, 4, 4)], strides=[2, 3],
              auto_pad=auto)
for kind in ("AveragePool", "MaxPool", "LpPool"):
    extra = {"p": 3} if kind == "LpPool" else {}
    onnx_case(f"{kind} 1-D", kind, [real(2, 3, 9)], kernel_shape=[3], strides=[2], pads=[1, 1], **extra)
    onnx_case(f"{kind} 3-D", kind, [real(1, 2, 5, 4, 6)], kernel_shape=[2, 3, 2], strides=[2, 1, 2], **extra)
    onnx_case(f"{kind} ceil", kind, [real(1, 2, 7, 8)], kernel_shape=[3, 3], strides=[2, 3], ceil_mode=1,
              pads=[1, 0, 1, 1], **extra)
    onnx_case(f"{kind} dilated", kind, [real(1, 2, 9, 8)], opset=19, kernel_shape=[3, 2], dilations=[2, 3], **extra)
    onnx_case(f"{kind} SAME_LOWER", kind, [real(1, 2, 7, 8)], kernel_shape=[2, 4], auto_pad="SAME_LOWER",
              strides=[2, 2], **extra)
onnx_case("LpPool p 1", "LpPool", [real(1, 2, 5, 5)], kernel_shape=[2, 2], p=1)
onnx_case("GlobalLpPool", "GlobalLpPool", [real(2, 3, 4, 5)], p=3)
onnx_case("GlobalMaxPool 1-D", "GlobalMaxPool", [real(2, 3, 7)])
onnx_case("AveragePool with padding", "AveragePool", [real(1, 2, 6, 5)], kernel_shape=[3, 3], pads=[1, 1, 2, 0],
          count_include_pad=1, strides=[2, 2])
for order in (0, 1):
    onnx_case(f"MaxPool places {order}", "MaxPool", [real(2, 2, 5, 6)], outputs=2, kernel_shape=[3, 2], strides=[2, 1],
              pads=[1, 0, 1, 0], storage_order=order)
onnx_case("MaxPool places 3-D", "MaxPool", [real(1, 2, 4, 3, 5)], outputs=2, kernel_shape=[2, 2, 2], storage_order=1)
onnx_case("MaxPool uint8", "MaxPool", [rng.integers(0, 255, (1, 2, 6, 5)).astype(np.uint8)], kernel_shape=[3, 3],
          dilations=[2, 1], exact=True)
pooled = real(1, 1, 4, 4)
onnx_case("MaxUnpool", "MaxUnpool", [pooled[:, :, :2, :2], np.array([0, 3, 9, 15], np.int64).reshape(1, 1, 2, 2)],
          kernel_shape=[2, 2], strides=[2, 2])
onnx_case("LRN", "LRN", [real(2, 7, 3, 2)], size=5, alpha=0.3, beta=0.6, bias=1.5)
x = real(1, 2, 4, 5)
for mode in ("nearest", "linear", "cubic"):
    for coordinates in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"):
        onnx_case(f"Resize {mode} {coordinates}", "Resize",
                  [x, None, None, np.array([1, 2, 7, 3], np.int64)], opset=19, mode=mode,
                  coordinate_transformation_mode=coordinates)
for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
    onnx_case(f"Resize {rounding}", "Resize", [x, None, np.array([1, 1, 1.7, 0.6], np.float32)], mode="nearest",
              nearest_mode=rounding)
onnx_case("Resize crop", "Resize",
          [x, np.array([0.4, 0.2, 0.9, 1.4], np.float32), None, np.array([3, 4], np.int64)], mode="linear",
          coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=9.0, axes=[2, 3])
onnx_case("Resize cubic outside", "Resize", [x, None, np.array([1, 1, 1.7, 2.3], np.float32)], mode="cubic",
          exclude_outside=1, cubic_coeff_a=-0.5)
onnx_case("Resize aspect", "Resize", [x, None, None, np.array([7, 9], np.int64)], mode="linear", axes=[3, 2],
          keep_aspect_ratio_policy="not_smaller")
for mode in ("linear", "cubic"):
    onnx_case(f"Resize {mode} antialias", "Resize", [real(1, 2, 9, 8), None, None, np.array([1, 2, 4, 3], np.int64)],
              mode=mode, antialias=1)
onnx_case("Resize 10", "Resize", [x, np.array([1, 1, 0.6, 2.5], np.float32)], opset=10, mode="nearest")
onnx_case("Resize 11 with empty operands", "Resize",
          [x, np.zeros(0, np.float32), np.zeros(0, np.float32), np.array([1, 2, 6, 6], np.int64)], opset=11, mode="linear")
onnx_case("Upsample 9", "Upsample", [x, np.array([1, 1, 2, 3], np.float32)], opset=9, mode="linear")
onnx_case("Upsample 7", "Upsample", [x], opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 1.5])
for mode in ("nearest", "bilinear", "bicubic"):
    for border in ("zeros", "border", "reflection"):
        for align in (0, 1):
            grid = rng.uniform(-1.6, 1.6, (2, 2, 3, 2)).astype(np.float32)
            onnx_case(f"GridSample {mode} {border} {align}", "GridSample", [real(2, 2, 4, 3), grid], opset=16, fed=2,
                      mode=mode, padding_mode=border, align_corners=align)
onnx_case("GridSample 3-D", "GridSample", [real(1, 2, 3, 4, 3), rng.uniform(-1.3, 1.3, (1, 2, 2, 3, 3)).astype(np.float32)],
          opset=20, fed=2, mode="linear", padding_mode="reflection")
regions = np.array([[0, 0, 5, 4], [1.5, 2, 3, 9], [-2, -1, 1, 1]], np.float32)
for mode in ("avg", "max"):
    for coordinates in ("half_pixel", "output_half_pixel"):
        onnx_case(f"RoiAlign {mode} {coordinates}", "RoiAlign", [real(2, 3, 6, 7), regions, np.array([0, 1, 0], np.int64)],
                  opset=16, fed=3, mode=mode, coordinate_transformation_mode=coordinates, output_height=2,
                  output_width=3, spatial_scale=0.8, sampling_ratio=2)
onnx_case("RoiAlign adaptive", "RoiAlign", [real(2, 2, 6, 7), regions, np.array([0, 1, 0], np.int64)], opset=10, fed=3,
          output_height=2, output_width=2)
onnx_case("MaxRoiPool", "MaxRoiPool",
          [real(2, 2, 6, 7), np.array([[0, 0, 0, 4, 4], [1, 2, 1, 6, 5], [1, 3, 3, 3, 3]], np.float32)], opset=16, fed=2,
          pooled_shape=[2, 3], spatial_scale=0.9)
onnx_case("DeformConv", "DeformConv",
          [real(1, 4, 5, 5), real(6, 2, 3, 2), real(1, 24, 3, 4), real(6), real(1, 12, 3, 4)], opset=19, fed=5, group=2,
          offset_group=2)
onnx_case("AffineGrid 3-D", "AffineGrid", [real(2, 3, 4), np.array([2, 1, 2, 3, 4], np.int64)], opset=20)
for equation, shapes in (("ij,jk->ik", [(2, 3), (3, 4)]), ("...ij,...kj", [(4, 3, 2), (4, 5, 2)]), ("iij->j", [(3, 3, 2)]),
                         ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 5, 4)]), ("i,j,k->ijk", [(2,), (3,), (2,)])):
    onnx_case(f"Einsum {equation}", "Einsum", [real(*s) for s in shapes], opset=12, fed=len(shapes), equation=equation)
onnx_case("Det", "Det", [real(2, 3, 4, 4)])
for type in (np.float64, np.int32, np.int64, np.uint32, np.uint64):
    draw = (lambda *s: real(*s, type=type)) if type == np.float64 else (lambda *s: rng.integers(0, 9, s).astype(type))
    onnx_case(f"MatMul {type.__name__}", "MatMul", [draw(2, 1, 3, 4), draw(3, 4, 2)], fed=2, exact=type != np.float64)
onnx_case("MatMul vector", "MatMul", [real(5, type=np.float64), real(2, 5, 3, type=np.float64)], fed=2)
onnx_case("Gemm double", "Gemm", [real(4, 3, type=np.float64), real(5, 4, type=np.float64), real(1, 5, type=np.float64)],
          fed=3, alpha=0.5, beta=-2.0, transA=1, transB=1)



def onnx_chain(name, x, nodes, opset=18):
    """Operators one behind the other, each with its constant operands (None where one is left out) and attributes."""
    made, constants, last = [], [], "x"
    for i, (op, operands, attributes) in enumerate(nodes):
        names = [last]
        for j, operand in enumerate(operands):
            names.append("" if operand is None else f"c{i}_{j}")
            if operand is not None:
                constants.append(numpy_helper.from_array(operand, names[-1]))
        last = f"t{i}"
        made.append(helper.make_node(op, names, [last], **attributes))
    info = helper.make_tensor_value_info("x", KINDS[x.dtype], x.shape)
    graph = helper.make_graph(made, "g", [info], [helper.make_empty_tensor_value_info(last)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    data = onnx.shape_inference.infer_shapes(model)
    del data.graph.value_info[:]
    data = data.SerializeToString()
    found = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"x": x})
    save(name, "onnx", False, data, [x], found)


onnx_chain("chain of images", real(1, 3, 8, 9), [
    ("Conv", [real(4, 3, 3, 3), real(4)], dict(pads=[1, 1, 1, 1])),
    ("Resize", [None, None, np.array([1, 4, 11, 13], np.int64)], dict(mode="linear")),
    ("ConvTranspose", [real(4, 3, 2, 2)], dict(strides=[2, 2], group=2)),
    ("LpPool", [], dict(kernel_shape=[3, 3], strides=[2, 2])),
    ("Resize", [None, np.array([1, 1, 2, 1], np.float32)], dict(mode="nearest")),
    ("LRN", [], dict(size=3)),
    ("AveragePool", [], dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1], count_include_pad=1)),
    ("Conv", [real(6, 1, 3, 3)], dict(group=6)),
])
onnx_chain("chain of sequences", real(2, 3, 24), [
    ("Conv", [real(6, 3, 3), real(6)], dict(pads=[1, 1])),
    ("MaxPool", [], dict(kernel_shape=[2], strides=[2])),
    ("Conv", [real(6, 1, 3)], dict(group=6, strides=[2])),
    ("ConvTranspose", [real(6, 4, 4), real(4)], dict(strides=[2], pads=[1, 1])),
    ("Resize", [None, np.array([1, 1, 1.5], np.float32)], dict(mode="linear")),
    ("GlobalAveragePool", [], {}),
])
onnx_chain("chain of volumes", real(1, 2, 5, 6, 4), [
    ("Conv", [real(4, 2, 2, 3, 2), real(4)], {}),
    ("MaxPool", [], dict(kernel_shape=[2, 2, 1], strides=[1, 2, 1])),
    ("ConvTranspose", [real(4, 2, 2, 2, 2)], dict(strides=[1, 2, 2], group=2)),
    ("Resize", [None, np.array([1, 1, 2, 1, 2], np.float32)], dict(mode="nearest", nearest_mode="floor")),
    ("GlobalMaxPool", [], {}),
])

# TFLite

PAD = {"same": 0, "valid": 1}


def fed(shape, type="float32", scale=None, zero=0, span=None):
    if type == "float32":
        return Tensor(shape, type, feed=rng.normal(size=shape).astype(np.float32))
    low, high = span or (np.iinfo(type).min, np.iinfo(type).max)
    return Tensor(shape, type, scale, zero, feed=rng.integers(low, high + 1, shape))


def constant(shape, type="float32", scale=None, zero=0, axis=0, span=(-127, 127)):
    data = rng.normal(size=shape) if type == "float32" else rng.integers(span[0], span[1] + 1, shape)
    return Tensor(shape, type, scale, zero, axis, data=data)


def tflite_case(name, op, options, inputs, output, options_type=None, version=1,
                resolver=OpResolverType.BUILTIN_REF):
    case = Case(options_type, options, inputs, output, version)
    case.operator = op
    model, feeds, names = pack([case])
    try:
        interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        order = []
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], feeds[detail["name"]])
            order.append(feeds[detail["name"]])
        interpreter.invoke()
        found = [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
    except Exception as error:
        refused.append(f"{name}: {' '.join(str(error).split())[:160]}")
        return
    save(name, "tflite", output.dtype != "float32", model, order, found)


def scales(n):
    return 0.01 * rng.uniform(0.3, 2, n)


def transposed(name, padding, x, w, y, b=None, stride=(2, 2), activation=0, **extra):
    shape = Tensor([len(y.shape)], "int32", data=np.array(y.shape))
    options = dict(padding=PAD[padding], strideH=stride[0], strideW=stride[1], fusedActivationFunction=activation, **extra)
    tflite_case(f"transposed convolution {name}", "TRANSPOSE_CONV", options, [shape, w, x] + ([b] if b else []), y,
                "TransposeConvOptions", 4)


for padding, extents in (("same", (8, 6)), ("valid", (9, 7))):
    y = [1, *extents, 5]
    transposed(f"float {padding}", padding, fed([1, 4, 3, 3]), constant([5, 3, 3, 3]), Tensor(y), constant([5]))
    w = constant([5, 3, 3, 3], "int8", scales(5))
    transposed(f"int8 {padding}", padding, fed([1, 4, 3, 3], "int8", 0.05, 7), w, Tensor(y, "int8", 0.5, -9),
               constant([5], "int32", w.scale * np.float32(0.05), span=(-3000, 3000)), activation=1)
    transposed(f"int16 {padding}", padding, fed([1, 4, 3, 3], "int16", 0.0005), w, Tensor(y, "int16", 0.0008),
               constant([5], "int64", w.scale * np.float32(0.0005), span=(-30000, 30000)))
    transposed(f"uint8 {padding}", padding, fed([1, 4, 3, 3], "uint8", 0.05, 120),
               constant([5, 3, 3, 3], "uint8", 0.02, 100, span=(0, 255)), Tensor(y, "uint8", 0.5, 128))
volumes = dict(padding=0, strideD=2, strideH=1, strideW=2, dilationDFactor=1, dilationHFactor=1, dilationWFactor=1)
tflite_case("convolution 3-D", "CONV_3D", volumes, [fed([1, 4, 5, 3, 2]), constant([2, 3, 2, 2, 4]), constant([4])],
            Tensor([1, 2, 5, 2, 4]), "Conv3DOptions")
tflite_case("transposed convolution 3-D", "CONV_3D_TRANSPOSE", dict(volumes, padding=1),
            [Tensor([5], "int32", data=np.array([1, 4, 4, 6, 3])), constant([2, 3, 2, 3, 2]), fed([1, 2, 2, 3, 2]),
             constant([3])], Tensor([1, 4, 4, 6, 3]), "Conv3DOptions")
tflite_case("L2 pool", "L2_POOL_2D", dict(padding=0, strideH=2, strideW=1, filterHeight=3, filterWidth=2),
            [fed([1, 5, 4, 3])], Tensor([1, 3, 4, 3]), "Pool2DOptions")
# The reference kernel leaves the last neighbour out, unlike all other engines.
tflite_case("local response normalization", "LOCAL_RESPONSE_NORMALIZATION", dict(radius=2, bias=1.5, alpha=0.3, beta=0.6),
            [fed([1, 2, 2, 7])], Tensor([1, 2, 2, 7]), "LocalResponseNormalizationOptions",
            resolver=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
for mode, op in (("nearest", "RESIZE_NEAREST_NEIGHBOR"), ("bilinear", "RESIZE_BILINEAR")):
    for align, half in ((False, False), (True, False), (False, True)):
        size = Tensor([2], "int32", data=np.array([7, 3]))
        options = dict(alignCorners=align, halfPixelCenters=half)
        for type in ("float32", "int8", "uint8", "int16"):
            scale = None if type == "float32" else 0.1
            tflite_case(f"resize {mode} {type} {align} {half}", op, options, [fed([1, 4, 5, 2], type, scale), size],
                        Tensor([1, 7, 3, 2], type, scale), "Resize" + ("NearestNeighbor" if mode == "nearest" else
                                                                      "Bilinear") + "Options")
for x_adjoint, y_adjoint in ((False, False), (True, True)):
    a, b = ([2, 3, 4, 2] if x_adjoint else [2, 3, 2, 4]), ([3, 5, 4] if y_adjoint else [3, 4, 5])
    options = dict(adjX=x_adjoint, adjY=y_adjoint)
    tflite_case(f"batch product float {x_adjoint}", "BATCH_MATMUL", options, [fed(a), fed(b)], Tensor([2, 3, 2, 5]),
                "BatchMatMulOptions")
    for type, zero in (("int8", 9), ("int16", 0)):
        tflite_case(f"batch product {type} {x_adjoint}", "BATCH_MATMUL", options,
                    [fed(a, type, 0.02, zero), fed(b, type, 0.03, zero)],
                    Tensor([2, 3, 2, 5], type, 0.3 if type == "int8" else 40.0, -zero), "BatchMatMulOptions", 3)
for asymmetric in (False, True):
    tflite_case(f"batch product hybrid {asymmetric}", "BATCH_MATMUL", dict(asymmetricQuantizeInputs=asymmetric),
                [fed([2, 3, 4]), constant([2, 4, 5], "int8", 0.02)], Tensor([2, 3, 5]), "BatchMatMulOptions", 4)
window = dict(padding=0, strideH=1, strideW=2, dilationHFactor=1, dilationWFactor=1, fusedActivationFunction=1)
for type, y_scale in (("int16", 0.01), ("uint8", 0.9), ("int4", 0.3), ("hybrid", None), ("hybrid int4", None)):
    narrow = "int4" in type
    kind = "uint8" if type == "uint8" else "int4" if narrow else "int8"
    span = (0, 255) if kind == "uint8" else (-7, 7) if narrow else (-127, 127)
    activations = "float32" if "hybrid" in type else "int8" if narrow else type
    at = {"int16": (0.001, 0), "uint8": (0.05, 130), "int8": (0.05, -4), "float32": (None, 0)}[activations]
    zero = 90 if kind == "uint8" else 0
    result = (activations, y_scale, {"uint8": 20, "int8": -50}.get(activations, 0))

    def bias_of(w, n):
        if activations == "float32":
            return constant([n])
        return constant([n], "int64" if activations == "int16" else "int32", w.scale * np.float32(at[0]), span=(-900, 900))

    per = lambda n: 0.02 if kind == "uint8" else scales(n)
    w = constant([5, 3, 3, 4], kind, per(5), zero, span=span)
    tflite_case(f"convolution {type}", "CONV_2D", window, [fed([2, 4, 5, 4], activations, *at), w, bias_of(w, 5)],
                Tensor([2, 4, 3, 5], *result), "Conv2DOptions", 7)
    w = constant([1, 3, 3, 6], kind, per(6), zero, axis=0 if kind == "uint8" else 3, span=span)
    tflite_case(f"depthwise convolution {type}", "DEPTHWISE_CONV_2D", dict(window, strideH=2, depthMultiplier=2),
                [fed([1, 4, 5, 3], activations, *at), w, bias_of(w, 6)], Tensor([1, 2, 3, 6], *result),
                "DepthwiseConv2DOptions", 6)
    w = constant([5, 7], kind, 0.02, zero, span=span)
    tflite_case(f"fully connected {type}", "FULLY_CONNECTED", dict(fusedActivationFunction=1),
                [fed([3, 7], activations, *at), w, bias_of(w, 5)], Tensor([3, 5], *result), "FullyConnectedOptions", 10)



def mediapipe(name, code, fields, inputs, shapes, expected):
    """A custom operator of MediaPipe with its options as they lie in memory. No Python package runs them: what they
    give is computed with NumPy, after their sources (mediapipe/util/tflite/operations)."""
    case = Case(None, {}, inputs, [Tensor(shape) for shape in shapes])
    case.operator = "RELU"
    model, feeds, _ = pack([case])
    tree = schema.ModelT.InitFromPackedBuf(bytearray(model), 0)
    for entry in tree.operatorCodes:
        entry.builtinCode = entry.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        entry.deprecatedBuiltinCode, entry.customCode = schema.BuiltinOperator.CUSTOM, code
    for operator in tree.subgraphs[0].operators:
        operator.customOptions = np.frombuffer(np.array(fields, np.int32).tobytes(), np.uint8)
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    save(name, "tflite", False, bytes(builder.Output()), feeds.values(), [np.float32(y) for y in expected])


def transposed_with_bias(x, w, b, stride, same):
    """MediaPipe's extents: the smallest result whose strided windows cover the input."""
    cut = [max(0, k - (n - 1) % stride - 1) if same else 0 for n, k in zip(x.shape[1:3], w.shape[1:3])]
    full = [stride * (n - 1) + k for n, k in zip(x.shape[1:3], w.shape[1:3])]
    y = np.zeros((x.shape[0], *full, w.shape[0]))
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            patch = np.einsum("nc,oklc->nklo", x[:, i, j], w)
            y[:, i * stride:i * stride + w.shape[1], j * stride:j * stride + w.shape[2]] += patch
    top, left = cut[0] // 2, cut[1] // 2
    return y[:, top:top + full[0] - cut[0], left:left + full[1] - cut[1]] + b


for same in (True, False):
    x, w, b = fed([1, 3, 4, 2]), constant([3, 3, 2, 2]), constant([3])
    y = transposed_with_bias(x.feed, w.data, b.data, 2, same)
    mediapipe(f"MediaPipe transposed convolution {same}", "Convolution2DTransposeBias", [1 if same else 2, 2, 2],
              [x, w, b], [y.shape], [y])
x = fed([1, 4, 6, 2])
tiles = x.feed.reshape(1, 2, 2, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4).reshape(1, 2, 2, 2, 6)
places = tiles.argmax(-1)
mediapipe("MediaPipe pool with places", "MaxPoolingWithArgmax2D", [2, 3, 2, 3, 2, 0], [x],
          [[1, 2, 2, 2]] * 2, [tiles.max(-1), places + 0.1])
back = np.where(np.arange(6) == places[..., None], tiles.max(-1)[..., None], 0)
back = back.reshape(1, 2, 2, 2, 2, 3).transpose(0, 1, 4, 2, 5, 3).reshape(1, 4, 6, 2)
mediapipe("MediaPipe unpooling", "MaxUnpooling2D", [2, 3, 2, 3, 2, 0],
          [Tensor([1, 2, 2, 2], feed=tiles.max(-1)), Tensor([1, 2, 2, 2], feed=(places + 0.1).astype(np.float32))],
          [[1, 4, 6, 2]], [back])

folder = sys.argv[1]
with open(os.path.join(folder, "spatial.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
with open(os.path.join(folder, "spatial.bin"), "wb") as file:
    file.write(blob)
print(f"{len(cases)} cases, {len(blob)} bytes; refused:", *refused, sep="\n  ")
