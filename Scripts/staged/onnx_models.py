"""ONNX models with control flow, sequences, functions and shapes that are computed."""

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

rng = np.random.default_rng(7)


def real(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def info(name, type_, shape):
    return h.make_tensor_value_info(name, type_, shape)


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def model(nodes, inputs, outputs, constants=(), opset=17, functions=()):
    graph = h.make_graph(nodes, "g", inputs, outputs, list(constants))
    imports = [h.make_opsetid("", opset)] + ([h.make_opsetid("local", 1)] if functions else [])
    made = h.make_model(graph, opset_imports=imports, ir_version=8, functions=list(functions))
    return made.SerializeToString()


def cases():
    n = h.make_node
    x = info("x", T.FLOAT, [2, 6])

    yield "reshape by a fed shape", model(
        [n("Relu", ["x"], ["a"]), n("Reshape", ["a", "s"], ["b"]), n("Neg", ["b"], ["y"])],
        [x, info("s", T.INT64, [2])], [info("y", T.FLOAT, None)]), [
            [real(2, 6), ints(3, 4)], [real(2, 6), ints(1, -1)], [real(2, 6), ints(3, 4)]]

    # The channels are stored last where a stage ends.
    yield "a slice between convolutions", model(
        [n("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]), n("Slice", ["a", "from", "to", "axes"], ["b"]),
         n("Conv", ["b", "v"], ["c"]), n("Add", ["a", "a"], ["d"]), n("GlobalAveragePool", ["d"], ["e"]),
         n("Add", ["c", "e"], ["y"])],
        [info("x", T.FLOAT, [1, 2, 5, 5]), info("from", T.INT64, [2]), info("to", T.INT64, [2])],
        [info("y", T.FLOAT, None), info("a", T.FLOAT, None)],
        [constant("w", real(3, 2, 3, 3)), constant("v", real(3, 3, 1, 1)), constant("axes", ints(2, 3))]), [
            [real(1, 2, 5, 5), ints(1, 0), ints(4, 5)], [real(1, 2, 5, 5), ints(0, 3), ints(5, 5)]]

    yield "computed weights", model(
        [n("Mul", ["w", "x"], ["v"]), n("Conv", ["i", "v"], ["y"])],
        [info("x", T.FLOAT, [1]), info("i", T.FLOAT, [1, 2, 4, 4])], [info("y", T.FLOAT, None)],
        [constant("w", real(3, 2, 3, 3))]), [[real(1), real(1, 2, 4, 4)], [real(1), real(1, 2, 4, 4)]]

    then = h.make_graph(
        [n("MatMul", ["a", "w"], ["t"]), n("Add", ["t", "bias"], ["u"])], "then", [], [info("u", T.FLOAT, None)])
    otherwise = h.make_graph(
        [n("Transpose", ["a"], ["o"], perm=[1, 0])], "else", [], [info("o", T.FLOAT, None)])
    yield "branches of different shapes", model(
        [n("Relu", ["x"], ["a"]), n("If", ["c"], ["b"], then_branch=then, else_branch=otherwise),
         n("Shape", ["b"], ["shape"]), n("Sigmoid", ["b"], ["y"])],
        [info("c", T.BOOL, []), x], [info("y", T.FLOAT, None), info("shape", T.INT64, [2])],
        [constant("w", real(6, 3)), constant("bias", real(3))]), [
            [np.array(True), real(2, 6)], [np.array(False), real(2, 6)], [np.array(True), real(2, 6)]]

    body = h.make_graph(
        [n("MatMul", ["h", "w"], ["m"]), n("Tanh", ["m"], ["next"]), n("ReduceSum", ["next"], ["total"], keepdims=0),
         n("Less", ["total", "limit"], ["go"]), n("Cast", ["i"], ["f"], to=T.FLOAT), n("Add", ["f", "total"], ["part"])],
        "body", [info("i", T.INT64, []), info("cond", T.BOOL, []), info("h", T.FLOAT, [2, 6])],
        [info("go", T.BOOL, []), info("next", T.FLOAT, [2, 6]), info("part", T.FLOAT, [])])
    yield "a loop that stops", model(
        [n("Loop", ["n", "", "x"], ["y", "parts"], body=body)], [info("n", T.INT64, []), x, info("limit", T.FLOAT, [])],
        [info("y", T.FLOAT, [2, 6]), info("parts", T.FLOAT, [None])], [constant("w", real(6, 6))]), [
            [np.array(5), real(2, 6), np.float32(100)], [np.array(5), real(2, 6), np.float32(-100)],
            [np.array(0), real(2, 6), np.float32(0)]]

    growing = h.make_graph(
        [n("Identity", ["cond"], ["go"]), n("Unsqueeze", ["i", "zero"], ["i1"]), n("Add", ["i1", "one"], ["j1"]),
         n("Slice", ["x", "i1", "j1"], ["row"]), n("Concat", ["h", "row"], ["next"], axis=0)],
        "body", [info("i", T.INT64, []), info("cond", T.BOOL, []), info("h", T.FLOAT, None)],
        [info("go", T.BOOL, []), info("next", T.FLOAT, None)])
    yield "a loop whose value grows", model(
        [n("Loop", ["n", "yes", "start"], ["y"], body=growing)], [info("n", T.INT64, []), info("x", T.FLOAT, [4, 3])],
        [info("y", T.FLOAT, None)],
        [constant("start", np.zeros((0, 3), np.float32)), constant("yes", np.array(True)), constant("zero", ints(0)),
         constant("one", ints(1))]), [[np.array(4), real(4, 3)], [np.array(2), real(4, 3)], [np.array(0), real(4, 3)]]

    inner_then = h.make_graph([n("Add", ["h", "x"], ["t"])], "then", [], [info("t", T.FLOAT, None)])
    inner_else = h.make_graph([n("Mul", ["h", "two"], ["o"])], "else", [], [info("o", T.FLOAT, None)])
    nested = h.make_graph(
        [n("Equal", ["i", "first"], ["c"]), n("If", ["c"], ["next"], then_branch=inner_then, else_branch=inner_else),
         n("Identity", ["cond"], ["go"])],
        "body", [info("i", T.INT64, []), info("cond", T.BOOL, []), info("h", T.FLOAT, [2, 6])],
        [info("go", T.BOOL, []), info("next", T.FLOAT, [2, 6])])
    yield "a branch in a loop", model(
        [n("Loop", ["n", "", "x"], ["y"], body=nested)], [info("n", T.INT64, []), x], [info("y", T.FLOAT, [2, 6])],
        [constant("two", np.float32(2)), constant("first", np.array(0))]), [[np.array(3), real(2, 6)]]

    scan = h.make_graph(
        [n("Add", ["s", "a"], ["t"]), n("Mul", ["t", "b"], ["p"])], "body",
        [info("s", T.FLOAT, [2]), info("a", T.FLOAT, [2]), info("b", T.FLOAT, [2])],
        [info("t", T.FLOAT, [2]), info("p", T.FLOAT, [2])])
    yield "a scan along other axes", model(
        [n("Scan", ["s0", "a", "b"], ["s", "y"], body=scan, num_scan_inputs=2, scan_input_axes=[1, -1],
           scan_input_directions=[0, 1], scan_output_axes=[1], scan_output_directions=[1])],
        [info("s0", T.FLOAT, [2]), info("a", T.FLOAT, [2, 4]), info("b", T.FLOAT, [2, 4])],
        [info("s", T.FLOAT, [2]), info("y", T.FLOAT, [2, 4])]), [[real(2), real(2, 4), real(2, 4)]]

    summing = h.make_graph(
        [n("Add", ["s", "a"], ["t"]), n("Identity", ["t"], ["p"])], "body",
        [info("s", T.FLOAT, [2]), info("a", T.FLOAT, [2])], [info("t", T.FLOAT, [2]), info("p", T.FLOAT, [2])])
    yield "a batched scan", model(
        [n("Scan", ["", "s0", "a"], ["s", "y"], body=summing, num_scan_inputs=1, directions=[1])],
        [info("s0", T.FLOAT, [2, 2]), info("a", T.FLOAT, [2, 3, 2])],
        [info("s", T.FLOAT, [2, 2]), info("y", T.FLOAT, [2, 3, 2])], opset=8), [[real(2, 2), real(2, 3, 2)]]

    scaled = h.make_function(
        "local", "Scaled", ["a", "b"], ["r"],
        [onnx.parser.parse_node("m = Constant <value_float: float = @factor> ()"), n("Mul", ["a", "m"], ["p"]),
         n("Add", ["p", "b"], ["r"])], [h.make_opsetid("", 17)], attributes=["factor"])
    twice = h.make_function(
        "local", "Twice", ["a"], ["r"],
        [n("Scaled", ["a", "a"], ["b"], domain="local", factor=3.0), n("Relu", ["b"], ["r"])],
        [h.make_opsetid("", 17), h.make_opsetid("local", 1)])
    yield "functions", model(
        [n("Scaled", ["x", "c"], ["a"], domain="local", factor=0.5), n("Twice", ["a"], ["y"], domain="local")],
        [x], [info("y", T.FLOAT, [2, 6])], [constant("c", real(6))], functions=[scaled, twice]), [[real(2, 6)]]

    collecting = h.make_graph(
        [n("SequenceAt", ["parts", "i"], ["p"]), n("Relu", ["p"], ["q"]), n("SequenceInsert", ["seq", "q"], ["next"]),
         n("Identity", ["cond"], ["go"])],
        "body", [info("i", T.INT64, []), info("cond", T.BOOL, []), h.make_tensor_sequence_value_info("seq", T.FLOAT, None)],
        [info("go", T.BOOL, []), h.make_tensor_sequence_value_info("next", T.FLOAT, None)])
    yield "sequences", model(
        [n("SplitToSequence", ["x", "lengths"], ["parts"], axis=1), n("SequenceLength", ["parts"], ["n"]),
         n("SequenceEmpty", [], ["none"]), n("Loop", ["n", "", "none"], ["all"], body=collecting),
         n("ConcatFromSequence", ["all"], ["y"], axis=1), n("SequenceErase", ["all"], ["fewer"]),
         n("SequenceLength", ["fewer"], ["m"])],
        [x, info("lengths", T.INT64, [3])], [info("y", T.FLOAT, None), info("m", T.INT64, [])]), [
            [real(2, 6), ints(1, 2, 3)]]

    yield "no elements", model(
        [n("Slice", ["x", "from", "to"], ["a"]), n("Relu", ["a"], ["b"]), n("Concat", ["b", "x"], ["c"], axis=0),
         n("Shape", ["b"], ["shape"]), n("ReduceSum", ["b", "axis"], ["y"], keepdims=0)],
        [x, info("to", T.INT64, [1])], [info("c", T.FLOAT, None), info("shape", T.INT64, [2]), info("y", T.FLOAT, None)],
        [constant("from", ints(0)), constant("axis", ints(0))]), [[real(2, 6), ints(0)], [real(2, 6), ints(1)]]
