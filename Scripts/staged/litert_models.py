"""TFLite models with several graphs, variables and shapes that are computed."""

import flatbuffers
from flatbuffers import flexbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s

rng = np.random.default_rng(8)
TYPES = {"float32": s.TensorType.FLOAT32, "int32": s.TensorType.INT32, "bool": s.TensorType.BOOL, None: s.TensorType.RESOURCE}


def real(*shape):
    return rng.standard_normal(shape).astype(np.float32)


class Net:
    """A model under construction."""

    def __init__(self):
        self.model = s.ModelT()
        self.model.version = 3
        self.model.buffers = [s.BufferT()]
        self.model.operatorCodes, self.model.subgraphs = [], []

    def graph(self):
        graph = s.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
        self.model.subgraphs.append(graph)
        return graph

    def tensor(self, graph, shape, dtype="float32", data=None, variable=False, signature=None):
        t = s.TensorT()
        t.name, t.shape, t.type, t.buffer = f"t{len(graph.tensors)}", list(shape), TYPES[dtype], 0
        t.shapeSignature, t.isVariable, t.hasRank = signature, variable, True
        if data is not None:
            buffer = s.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            t.buffer = len(self.model.buffers) - 1
        graph.tensors.append(t)
        return len(graph.tensors) - 1

    def const(self, graph, array):
        array = np.asarray(array)
        return self.tensor(graph, array.shape, array.dtype.name, array)

    def op(self, graph, name, inputs, outputs, options=None, second=None):
        code = s.OperatorCodeT()
        code.builtinCode = getattr(s.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        self.model.operatorCodes.append(code)
        op = s.OperatorT()
        op.opcodeIndex = len(self.model.operatorCodes) - 1
        op.inputs, op.outputs = inputs, outputs
        if options is not None:
            op.builtinOptionsType = getattr(s.BuiltinOptions, type(options).__name__[:-1])
            op.builtinOptions = options
        if second is not None:
            op.builtinOptions2Type = getattr(s.BuiltinOptions2, type(second).__name__[:-1])
            op.builtinOptions2 = second
        graph.operators.append(op)
        return outputs[0] if outputs else None

    def pack(self):
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def options(kind, **fields):
    made = getattr(s, kind + "T")()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def binary(net, graph, name, a, b, shape, dtype="float32", signature=None):
    kind = {"ADD": "AddOptions", "MUL": "MulOptions", "LESS": "LessOptions"}[name]
    y = net.tensor(graph, shape, dtype, signature=signature)
    return net.op(graph, name, [a, b], [y], options(kind))


def counting():
    """i, v -> while i < 4: i + 1, v * w."""
    net = Net()
    main, condition, body = net.graph(), net.graph(), net.graph()
    for graph in (main, condition, body):
        graph.inputs = [net.tensor(graph, [1], "int32"), net.tensor(graph, [2, 3])]
    condition.outputs = [
        binary(net, condition, "LESS", condition.inputs[0], net.const(condition, np.array([4], np.int32)), [1], "bool")]
    body.outputs = [
        binary(net, body, "ADD", body.inputs[0], net.const(body, np.array([1], np.int32)), [1], "int32"),
        binary(net, body, "MUL", body.inputs[1], net.const(body, real(2, 3)), [2, 3])]
    main.outputs = [net.tensor(main, [1], "int32"), net.tensor(main, [2, 3])]
    net.op(main, "WHILE", main.inputs, main.outputs, options("WhileOptions", condSubgraphIndex=1, bodySubgraphIndex=2))
    return net.pack()


def growing():
    """i, v -> while i < 3: i + 1, v beside v."""
    net = Net()
    main, condition, body = net.graph(), net.graph(), net.graph()
    for graph in (main, condition, body):
        graph.inputs = [net.tensor(graph, [1], "int32"), net.tensor(graph, [2, 1], signature=[2, -1])]
    condition.outputs = [
        binary(net, condition, "LESS", condition.inputs[0], net.const(condition, np.array([3], np.int32)), [1], "bool")]
    wide = net.tensor(body, [2, 2], signature=[2, -1])
    net.op(body, "CONCATENATION", [body.inputs[1]] * 2, [wide], options("ConcatenationOptions", axis=1))
    body.outputs = [
        binary(net, body, "ADD", body.inputs[0], net.const(body, np.array([1], np.int32)), [1], "int32"), wide]
    result = net.tensor(main, [2, 1], signature=[2, -1])
    count = net.tensor(main, [1], "int32")
    net.op(main, "WHILE", main.inputs, [count, result], options("WhileOptions", condSubgraphIndex=1, bodySubgraphIndex=2))
    main.outputs = [count, binary(net, main, "ADD", result, net.const(main, np.float32(1)), [2, 1], signature=[2, -1])]
    return net.pack()


def branching():
    net = Net()
    main, then, otherwise = net.graph(), net.graph(), net.graph()
    main.inputs = [net.tensor(main, [1], "bool"), net.tensor(main, [2, 3])]
    for graph, name in ((then, "ADD"), (otherwise, "MUL")):
        graph.inputs = [net.tensor(graph, [2, 3])]
        graph.outputs = [binary(net, graph, name, graph.inputs[0], net.const(graph, real(3)), [2, 3])]
    main.outputs = [net.tensor(main, [2, 3])]
    net.op(main, "IF", main.inputs, main.outputs, options("IfOptions", thenSubgraphIndex=1, elseSubgraphIndex=2))
    return net.pack()


def accumulating():
    """A variable that begins as a constant and takes in x with each run."""
    net = Net()
    main, begin = net.graph(), net.graph()

    def handle(graph):
        y = net.tensor(graph, [1], None)
        return net.op(graph, "VAR_HANDLE", [], [y], options("VarHandleOptions", container="c", sharedName="total"))

    net.op(begin, "ASSIGN_VARIABLE", [handle(begin), net.const(begin, real(2, 3))], [], options("AssignVariableOptions"))
    main.inputs = [net.tensor(main, [2, 3])]
    net.op(main, "CALL_ONCE", [], [], options("CallOnceOptions", initSubgraphIndex=1))
    variable = handle(main)
    old = net.tensor(main, [2, 3])
    net.op(main, "READ_VARIABLE", [variable], [old], options("ReadVariableOptions"))
    new = binary(net, main, "ADD", old, main.inputs[0], [2, 3])
    net.op(main, "ASSIGN_VARIABLE", [variable, new], [], options("AssignVariableOptions"))
    main.outputs = [binary(net, main, "MUL", new, net.const(main, np.float32(2)), [2, 3])]
    return net.pack()


def composite():
    net = Net()
    main, inside = net.graph(), net.graph()
    inside.inputs = [net.tensor(inside, [2, 3])]
    inside.outputs = [binary(net, inside, "MUL", inside.inputs[0], inside.inputs[0], [2, 3])]
    main.inputs = [net.tensor(main, [2, 3])]
    a = binary(net, main, "ADD", main.inputs[0], net.const(main, real(3)), [2, 3])
    main.outputs = [net.tensor(main, [2, 3])]
    net.op(main, "STABLEHLO_COMPOSITE", [a], main.outputs,
           second=options("StableHLOCompositeOptions", name="square", decompositionSubgraphIndex=1, version=1,
                          compositeAttributes=list(flexbuffers.Dumps({}))))
    return net.pack()


def reshaping():
    net = Net()
    main = net.graph()
    main.inputs = [net.tensor(main, [2, 6]), net.tensor(main, [2], "int32")]
    a = binary(net, main, "ADD", main.inputs[0], net.const(main, real(6)), [2, 6])
    b = net.tensor(main, [1, 1], signature=[-1, -1])
    net.op(main, "RESHAPE", [a, main.inputs[1]], [b], options("ReshapeOptions"))
    main.outputs = [binary(net, main, "MUL", b, b, [1, 1], signature=[-1, -1])]
    return net.pack()


def cases():
    zero = np.zeros(1, np.int32)
    yield "while", counting(), [[zero, real(2, 3)], [zero + 2, real(2, 3)], [zero + 9, real(2, 3)]]
    yield "while it grows", growing(), [[zero, real(2, 1)], [zero + 1, real(2, 1)]]
    yield "if", branching(), [[np.array([True]), real(2, 3)], [np.array([False]), real(2, 3)]]
    yield "variable", accumulating(), [[real(2, 3)], [real(2, 3)], [real(2, 3)]]
    yield "composite", composite(), [[real(2, 3)]]
    # LiteRT itself does not always take in another shape of as many elements: one run each.
    yield "reshape", reshaping(), [[real(2, 6), np.array([3, 4], np.int32)]]
    yield "reshape to a column", reshaping(), [[real(2, 6), np.array([12, 1], np.int32)]]
