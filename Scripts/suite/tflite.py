"""The .tflite of the conformance suite: each operator behind convolutions of its own, all in one model."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s

INPUT = (1, 6, 6, 4)


class Builder:
    """Appends tensors and operators to the one graph of a model."""

    def __init__(self):
        self.rng = np.random.default_rng(20260101)
        self.model, self.graph = s.ModelT(), s.SubGraphT()
        self.model.version, self.model.buffers = 3, [s.BufferT()]
        self.model.operatorCodes, self.model.subgraphs = [], [self.graph]
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.codes = {}
        self.case = ""
        self.x = self.tensor("x", INPUT)
        self.graph.inputs.append(self.x)

    def tensor(self, name, shape, dtype="float32", data=None):
        t = s.TensorT()
        t.shape, t.name, t.buffer, t.hasRank = list(shape), name.encode(), 0, True
        t.type = getattr(s.TensorType, dtype.upper())
        if data is not None:
            b = s.BufferT()
            b.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(b)
            t.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def constant(self, data, dtype=None):
        data = np.asarray(data)
        data = data.astype(dtype or ("float32" if data.dtype.kind == "f" else "int32"))
        return self.tensor(f"{self.case}/c{len(self.graph.tensors)}", data.shape, str(data.dtype), data)

    def node(self, operator, inputs, shapes, options=None, version=1, dtype="float32"):
        """Appends an operator with one result for each shape; options are (table, fields)."""
        operator_code = (operator, version)
        if operator_code not in self.codes:
            code = s.OperatorCodeT()
            code.builtinCode = getattr(s.BuiltinOperator, operator)
            code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
            self.codes[operator_code] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(code)
        o = s.OperatorT()
        o.opcodeIndex, o.inputs = self.codes[operator_code], list(inputs)
        o.outputs = [self.tensor(f"{self.case}/t{len(self.graph.tensors)}", shape, dtype) for shape in shapes]
        if options:
            table, fields = options
            o.builtinOptionsType = getattr(s.BuiltinOptions, table)
            o.builtinOptions = getattr(s, table + "T")()
            for field, value in fields.items():
                assert hasattr(o.builtinOptions, field), (table, field)
                setattr(o.builtinOptions, field, value)
        self.graph.operators.append(o)
        return o.outputs

    def conv(self, channels=4):
        """A result of shape [1, 6, 6, channels] in front of the operator."""
        w = self.constant(self.rng.normal(size=(channels, 1, 1, INPUT[3])) * 0.6)
        b = self.constant(self.rng.normal(size=channels) * 0.3)
        options = ("Conv2DOptions", dict(padding=1, strideH=1, strideW=1))
        return self.node("CONV_2D", [self.x, w, b], [INPUT[:3] + (channels,)], options)[0]

    def finish(self, outputs):
        for name, tensor in outputs:
            self.graph.tensors[tensor].name = name.encode()
            self.graph.outputs.append(tensor)

    def bytes(self):
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def cases():
    """name → function (builder) → results."""
    S = (1, 6, 6, 4)
    found = {}

    def add(name, function):
        assert name not in found
        found[name] = function

    def unary(name, operator, shape=S, options=None, constants=(), version=1, dtype="float32", shapes=None):
        add(name, lambda g: g.node(
            operator, [g.conv()] + [g.constant(c) for c in constants], shapes or [shape], options, version, dtype))

    def binary(name, operator, options=None, dtype="float32"):
        add(name, lambda g: g.node(operator, [g.conv(), g.conv()], [S], options, 1, dtype))

    for operator in ["RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "ABS",
                     "NEG", "EXP", "SQUARE", "FLOOR", "SIN"]:
        unary(operator.lower(), operator)
    unary("gelu", "GELU", options=("GeluOptions", dict(approximate=True)))
    unary("leaky_relu", "LEAKY_RELU", options=("LeakyReluOptions", dict(alpha=0.2)))
    unary("prelu", "PRELU", constants=[np.array([[[0.1, 0.5, -0.3, 0.9]]], "float32")])
    unary("softmax", "SOFTMAX", options=("SoftmaxOptions", dict(beta=1.0)))
    unary("log_softmax", "LOG_SOFTMAX", options=("LogSoftmaxOptions", {}))
    for operator, options in [("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions")]:
        binary(operator.lower(), operator, (options, {}))
        add(operator.lower() + "_constant", lambda g, operator=operator, options=options: g.node(
            operator, [g.conv(), g.constant(np.array([0.5, -1, 2, 0.25], "float32"))], [S], (options, {})))
    binary("maximum", "MAXIMUM", ("MaximumMinimumOptions", {}))
    binary("minimum", "MINIMUM", ("MaximumMinimumOptions", {}))
    binary("squared_difference", "SQUARED_DIFFERENCE", ("SquaredDifferenceOptions", {}))
    for operator, table in [("MEAN", "mean"), ("SUM", "sum"), ("REDUCE_MAX", "reduce_max"), ("REDUCE_MIN", "reduce_min")]:
        unary(table, operator, (1, 1, 1, 4), ("ReducerOptions", dict(keepDims=True)), [np.array([1, 2])])
    unary("average_pool", "AVERAGE_POOL_2D", (1, 3, 3, 4),
          ("Pool2DOptions", dict(padding=1, strideH=2, strideW=2, filterHeight=2, filterWidth=2)))
    unary("max_pool", "MAX_POOL_2D", (1, 3, 3, 4),
          ("Pool2DOptions", dict(padding=1, strideH=2, strideW=2, filterHeight=2, filterWidth=2)))
    unary("reshape", "RESHAPE", (1, 144), ("ReshapeOptions", dict(newShape=[1, 144])), [np.array([1, 144])])
    unary("squeeze", "SQUEEZE", (6, 6, 4), ("SqueezeOptions", dict(squeezeDims=[0])))
    unary("expand_dims", "EXPAND_DIMS", (1, 1, 6, 6, 4), ("ExpandDimsOptions", {}), [np.int32(1)])
    unary("transpose", "TRANSPOSE", (1, 4, 6, 6), ("TransposeOptions", {}), [np.array([0, 3, 1, 2])])
    unary("slice", "SLICE", (1, 3, 4, 4), ("SliceOptions", {}), [np.array([0, 1, 2, 0]), np.array([1, 3, 4, 4])])
    unary("strided_slice", "STRIDED_SLICE", (1, 3, 3, 4), ("StridedSliceOptions", {}),
          [np.array([0, 0, 1, 0]), np.array([1, 6, 6, 4]), np.array([1, 2, 2, 1])])
    unary("gather", "GATHER", (1, 6, 3, 4), ("GatherOptions", dict(axis=2)), [np.array([4, 0, 4])])
    unary("gather_nd", "GATHER_ND", (2, 4), ("GatherNdOptions", {}), [np.array([[0, 1, 2], [0, 5, 0]])])
    unary("tile", "TILE", (1, 6, 12, 4), ("TileOptions", {}), [np.array([1, 1, 2, 1])])
    unary("broadcast_to", "BROADCAST_TO", (2, 6, 6, 4), ("BroadcastToOptions", {}), [np.array([2, 6, 6, 4])], 2)
    unary("pad", "PAD", (1, 8, 9, 4), ("PadOptions", {}), [np.array([[0, 0], [1, 1], [1, 2], [0, 0]])])
    unary("pad_v2", "PADV2", (1, 8, 9, 4), ("PadV2Options", {}),
          [np.array([[0, 0], [1, 1], [1, 2], [0, 0]]), np.float32(-0.75)])
    unary("mirror_pad", "MIRROR_PAD", (1, 8, 9, 4), ("MirrorPadOptions", dict(mode=0)),
          [np.array([[0, 0], [1, 1], [1, 2], [0, 0]])])
    unary("space_to_depth", "SPACE_TO_DEPTH", (1, 3, 3, 16), ("SpaceToDepthOptions", dict(blockSize=2)))
    unary("depth_to_space", "DEPTH_TO_SPACE", (1, 12, 12, 1), ("DepthToSpaceOptions", dict(blockSize=2)))
    unary("space_to_batch", "SPACE_TO_BATCH_ND", (4, 3, 3, 4), ("SpaceToBatchNDOptions", {}),
          [np.array([2, 2]), np.array([[0, 0], [0, 0]])])
    add("batch_to_space", lambda g: g.node(
        "BATCH_TO_SPACE_ND",
        [g.node("RESHAPE", [g.conv(), g.constant([4, 3, 3, 4])], [(4, 3, 3, 4)], ("ReshapeOptions", {}))[0],
         g.constant([2, 2]), g.constant([[0, 0], [0, 0]])], [S], ("BatchToSpaceNDOptions", {})))
    unary("resize_bilinear", "RESIZE_BILINEAR", (1, 9, 11, 4), ("ResizeBilinearOptions", dict(halfPixelCenters=True)),
          [np.array([9, 11])])
    unary("resize_nearest", "RESIZE_NEAREST_NEIGHBOR", (1, 9, 12, 4), ("ResizeNearestNeighborOptions", {}),
          [np.array([9, 12])])
    unary("reverse", "REVERSE_V2", S, ("ReverseV2Options", {}), [np.array([2])])
    unary("cumsum", "CUMSUM", S, ("CumsumOptions", {}), [np.int32(1)])
    add("split", lambda g: g.node(
        "SPLIT", [g.constant(np.int32(3)), g.conv()], [(1, 6, 6, 2)] * 2, ("SplitOptions", dict(numSplits=2))))
    add("split_v", lambda g: g.node(
        "SPLIT_V", [g.conv(), g.constant([1, 3]), g.constant(np.int32(3))], [(1, 6, 6, 1), (1, 6, 6, 3)],
        ("SplitVOptions", dict(numSplits=2))))
    unary("unpack", "UNPACK", options=("UnpackOptions", dict(num=6, axis=1)), shapes=[(1, 6, 4)] * 6)
    add("pack", lambda g: g.node(
        "PACK", [g.conv(), g.conv()], [(1, 2, 6, 6, 4)], ("PackOptions", dict(valuesCount=2, axis=1))))
    add("concatenation", lambda g: g.node(
        "CONCATENATION", [g.conv(), g.conv()], [(1, 6, 6, 8)], ("ConcatenationOptions", dict(axis=3))))
    add("batch_matmul", lambda g: g.node("BATCH_MATMUL", [g.conv(6), g.conv()], [S], ("BatchMatMulOptions", {})))
    add("transpose_conv", lambda g: g.node(
        "TRANSPOSE_CONV",
        [g.constant([1, 12, 12, 3]), g.constant(g.rng.normal(size=(3, 3, 3, 4)) * 0.4), g.conv(),
         g.constant(np.array([0.5, -0.2, 0.1], "float32"))], [(1, 12, 12, 3)],
        ("TransposeConvOptions", dict(padding=0, strideH=2, strideW=2)), 3))
    add("depthwise", lambda g: g.node(
        "DEPTHWISE_CONV_2D",
        [g.conv(), g.constant(g.rng.normal(size=(1, 3, 3, 4)) * 0.4), g.constant(g.rng.normal(size=4) * 0.2)], [S],
        ("DepthwiseConv2DOptions", dict(padding=0, strideH=1, strideW=1, depthMultiplier=1))))
    add("fully_connected", lambda g: g.node(
        "FULLY_CONNECTED",
        [g.conv(), g.constant(g.rng.normal(size=(5, 4)) * 0.5), g.constant(g.rng.normal(size=5) * 0.2)], [(36, 5)],
        ("FullyConnectedOptions", {})))
    unary("arg_max", "ARG_MAX", (1, 6, 6), ("ArgMaxOptions", dict(outputType=2)), [np.int32(3)], dtype="int32")
    binary("greater", "GREATER", ("GreaterOptions", {}), dtype="bool")

    def select(g):
        a, b = g.conv(), g.conv()
        condition = g.node("GREATER", [a, g.constant(np.float32(0.25))], [S], ("GreaterOptions", {}), dtype="bool")
        return g.node("SELECT_V2", [condition[0], a, b], [S], ("SelectV2Options", {}))

    add("select_v2", select)
    add("dynamic_update_slice", lambda g: g.node(
        "DYNAMIC_UPDATE_SLICE",
        [g.conv(), g.node("SLICE", [g.conv(), g.constant([0, 0, 0, 0]), g.constant([1, 2, 2, 4])], [(1, 2, 2, 4)],
                          ("SliceOptions", {}))[0], g.constant([0, 3, 1, 0])], [S]))
    return found


def build(names=None):
    g = Builder()
    for name, function in cases().items():
        if names and name not in names:
            continue
        g.case = name
        results = function(g)
        g.finish([(name if len(results) == 1 else f"{name}_{i}", t) for i, t in enumerate(results)])
    return g.bytes()
