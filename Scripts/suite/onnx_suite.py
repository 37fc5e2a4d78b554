"""The .onnx of the conformance suite: each operator behind convolutions of its own, all in one model."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

INPUT = (1, 4, 6, 6)


class Builder:
    """Appends nodes to the one graph of a model."""

    def __init__(self):
        self.rng = np.random.default_rng(20260102)
        self.nodes, self.initializers, self.outputs = [], [], []
        self.case = ""

    def constant(self, data):
        data = np.asarray(data)
        data = data.astype(np.float32) if data.dtype == np.float64 else data
        name = f"{self.case}/c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(data, name))
        return name

    def node(self, operator, inputs, count=1, **attributes):
        results = [f"{self.case}/t{len(self.nodes)}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(operator, inputs, results, f"{self.case}/n{len(self.nodes)}", **attributes))
        return results

    def conv(self, channels=4):
        w = self.constant(self.rng.normal(size=(channels, INPUT[1], 1, 1)) * 0.6)
        return self.node("Conv", ["x", w, self.constant(self.rng.normal(size=channels) * 0.3)])[0]

    def model(self):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, INPUT)
        graph = helper.make_graph(self.nodes, "suite", [x], self.outputs, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def cases():
    """name → (function (builder) → results, the results' type)."""
    found = {}

    def add(name, function, type=TensorProto.FLOAT):
        assert name not in found
        found[name] = (function, type)

    def unary(operator, *constants, name=None, type=TensorProto.FLOAT, count=1, **attributes):
        add(name or operator, lambda g: g.node(
            operator, [g.conv()] + [c if isinstance(c, str) else g.constant(c) for c in constants], count, **attributes), type)

    def binary(operator, type=TensorProto.FLOAT, **attributes):
        add(operator, lambda g: g.node(operator, [g.conv(), g.conv()], **attributes), type)

    for operator in ["Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "HardSwish", "HardSigmoid", "Gelu", "Softplus",
                     "Erf", "Abs", "Neg", "Exp", "Softmax", "LogSoftmax", "GlobalAveragePool", "GlobalMaxPool",
                     "Flatten", "Identity"]:
        unary(operator)
    unary("Clip", np.float32(0), np.float32(1.5))
    unary("PRelu", np.array([0.1, 0.5, -0.3, 0.9]).reshape(4, 1, 1))
    for operator in ["Add", "Mul", "Sub", "Max", "Min", "MatMul"]:
        binary(operator)
    binary("Concat", axis=1)
    binary("Greater", type=TensorProto.BOOL)
    unary("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    unary("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    unary("ReduceMean", np.array([2, 3]))
    unary("ReduceMax", np.array([2, 3]))
    unary("ReduceSum", np.array([2, 3]))
    unary("Reshape", np.array([1, 36, 4]))
    unary("Squeeze", np.array([0]))
    unary("Unsqueeze", np.array([1]))
    unary("Transpose", perm=[0, 2, 3, 1])
    unary("Slice", np.array([1, 0]), np.array([5, 4]), np.array([2, 3]), np.array([2, 1]))
    unary("Split", np.array([1, 3]), count=2, axis=1)
    unary("Gather", np.array([4, 0, 4]), axis=3)
    unary("GatherElements", np.zeros((1, 2, 6, 6), np.int64) + 1, axis=1)
    unary("Tile", np.array([1, 1, 2, 1]))
    unary("Expand", np.array([2, 4, 6, 6]))
    unary("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 2]))
    unary("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 2]), name="PadReflect", mode="reflect")
    unary("DepthToSpace", blocksize=2)
    unary("SpaceToDepth", blocksize=2)
    unary("Resize", "", np.array([1, 1, 2, 2], np.float32), name="ResizeNearest", mode="nearest",
          coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    unary("Resize", "", np.array([1, 1, 2, 2], np.float32), name="ResizeLinear", mode="linear")
    unary("CumSum", np.array(2))
    unary("ArgMax", type=TensorProto.INT64, axis=1)

    def select(g):
        a, b = g.conv(), g.conv()
        condition = g.node("Greater", [a, g.constant(np.float32(0.25))])
        return g.node("Where", [condition[0], a, b])

    add("Where", select)
    add("ConvTranspose", lambda g: g.node(
        "ConvTranspose", [g.conv(), g.constant(g.rng.normal(size=(4, 3, 2, 2)) * 0.4)], strides=[2, 2]))
    add("DepthwiseConv", lambda g: g.node(
        "Conv", [g.conv(), g.constant(g.rng.normal(size=(4, 1, 3, 3)) * 0.4)], group=4, pads=[1, 1, 1, 1]))
    add("Gemm", lambda g: g.node(
        "Gemm", [g.node("Flatten", [g.conv()])[0], g.constant(g.rng.normal(size=(5, 144)) * 0.2),
                 g.constant(g.rng.normal(size=5) * 0.2)], transB=1))
    return found


def build():
    g = Builder()
    for name, (function, type) in cases().items():
        g.case = name
        results = function(g)
        for i, result in enumerate(results):
            output = name if len(results) == 1 else f"{name}_{i}"
            node = g.nodes[-1]
            node.output[list(node.output).index(result)] = output
            g.outputs.append(helper.make_tensor_value_info(output, type, None))
    return g.model().SerializeToString()
