"""Models of one operator each, and one .tflite that holds many of them side by side."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s


class Tensor:
    """A tensor of a model. One with `feed` is an input, one with `data` a constant, a variable keeps its content from
    run to run; results are nothing of it."""

    def __init__(self, shape, dtype="float32", scale=None, zero=0, axis=0, data=None, feed=None, variable=False):
        self.shape, self.dtype, self.axis, self.zero = [int(n) for n in shape], dtype, axis, zero
        self.variable = variable
        self.scale = None if scale is None else np.atleast_1d(np.float32(scale))
        stored = {"int4": "int8", "bfloat16": "uint16"}.get(dtype, dtype)
        self.data = None if data is None else np.asarray(data).astype(stored).reshape(self.shape)
        self.feed = None if feed is None else np.asarray(feed).astype(stored).reshape(self.shape)

    def bytes(self):
        if self.dtype != "int4":
            return np.frombuffer(np.ascontiguousarray(self.data).tobytes(), np.uint8)
        nibbles = self.data.ravel().view(np.uint8) & 15
        nibbles = np.append(nibbles, np.zeros(len(nibbles) % 2, np.uint8))
        return nibbles[0::2] | nibbles[1::2] << 4


class Case:
    """One operator: its options' table and fields, operands (None where one is left out) and results.

    Without `options_type` the table is the one that is called like the operator, if there is one. A custom operator has
    a name and the bytes of its options instead. `valid` gives what of the results is to be compared.
    """

    def __init__(self, options_type, options, inputs, outputs, version=1, intermediates=(), custom=None,
                 valid=None):
        self.intermediates, self.custom, self.valid = intermediates, custom, valid or (lambda results: results)
        self.options_type, self.options, self.version = options_type, options, version
        self.inputs = inputs
        self.outputs = outputs if isinstance(outputs, list) else [outputs]
        self.operator = None

    def fed(self):
        return [t for t in self.inputs if t is not None and t.feed is not None]


def pack(cases):
    """The bytes of a model of all cases, the arrays of its inputs by name, and the outputs' names of each case."""
    model, graph = s.ModelT(), s.SubGraphT()
    model.version, model.buffers, model.operatorCodes, model.subgraphs = 3, [s.BufferT()], [], [graph]
    graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
    codes, feeds, results = {}, {}, []

    def add(tensor, name):
        t = s.TensorT()
        t.shape, t.name, t.buffer, t.hasRank, t.isVariable = tensor.shape, name.encode(), 0, True, tensor.variable
        t.type = getattr(s.TensorType, tensor.dtype.upper())
        if tensor.data is not None:
            b = s.BufferT()
            b.data = tensor.bytes()
            model.buffers.append(b)
            t.buffer = len(model.buffers) - 1
        if tensor.scale is not None:
            q = s.QuantizationParametersT()
            q.scale = tensor.scale
            q.zeroPoint = np.broadcast_to(np.asarray(tensor.zero, np.int64), tensor.scale.shape).copy()
            q.quantizedDimension = tensor.axis
            t.quantization = q
        graph.tensors.append(t)
        return len(graph.tensors) - 1

    for k, case in enumerate(cases):
        operator = s.OperatorT()
        key = (case.operator, case.version)
        if key not in codes:
            code = s.OperatorCodeT()
            code.builtinCode = getattr(s.BuiltinOperator, "CUSTOM" if case.custom else case.operator)
            code.customCode = case.custom and case.operator.encode()
            code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), case.version
            codes[key] = len(model.operatorCodes)
            model.operatorCodes.append(code)
        operator.opcodeIndex, operator.inputs, operator.outputs = codes[key], [], []
        for i, tensor in enumerate(case.inputs):
            if tensor is None:
                operator.inputs.append(-1)
                continue
            name = f"m{k}_i{i}"
            index = add(tensor, name)
            operator.inputs.append(index)
            if tensor.feed is not None:
                graph.inputs.append(index)
                feeds[name] = tensor.feed
        names = []
        for i, tensor in enumerate(case.outputs):
            index = add(tensor, f"m{k}_o{i}")
            operator.outputs.append(index)
            graph.outputs.append(index)
            names.append(f"m{k}_o{i}")
        results.append(names)
        operator.intermediates = [add(t, f"m{k}_t{i}") for i, t in enumerate(case.intermediates)]
        graph.operators.append(operator)
        if case.custom:
            operator.customOptions = np.frombuffer(case.custom, np.uint8)
            continue
        table = case.options_type or case.operator.title().replace("_", "") + "Options"
        first, second = hasattr(s.BuiltinOptions, table), hasattr(s.BuiltinOptions2, table)
        assert first or second or not (case.options_type or case.options), table
        if first or second:
            if first:
                operator.builtinOptionsType = getattr(s.BuiltinOptions, table)
            else:
                operator.builtinOptions2Type = getattr(s.BuiltinOptions2, table)
            options = getattr(s, table + "T")()
            for field, value in case.options.items():
                assert hasattr(options, field), (case.options_type, field)
                setattr(options, field, value)
            setattr(operator, "builtinOptions" if first else "builtinOptions2", options)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()), feeds, results
