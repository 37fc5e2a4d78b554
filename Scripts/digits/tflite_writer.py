"""Writes one graph as .tflite: tensors, operators, a signature."""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl

OPERATORS = tfl.BuiltinOperator
FUSED = {
    "none": tfl.ActivationFunctionType.NONE, "relu": tfl.ActivationFunctionType.RELU,
    "relu6": tfl.ActivationFunctionType.RELU6}
TYPES = {np.dtype(np.float32): tfl.TensorType.FLOAT32, np.dtype(np.float16): tfl.TensorType.FLOAT16,
         np.dtype(np.int32): tfl.TensorType.INT32}
# The version of each operator that has the form used here, and the first runtime that holds all of them.
VERSIONS = {OPERATORS.DEQUANTIZE: 3}
RUNTIME = b"1.14.0"


class Writer:
    """Collects one subgraph. Tensors are named by their index."""

    def __init__(self, description):
        self.model, self.graph, self.codes = tfl.ModelT(), tfl.SubGraphT(), {}
        self.model.version, self.model.description = 3, description
        self.model.buffers, self.model.operatorCodes, self.model.subgraphs = [tfl.BufferT()], [], [self.graph]
        self.graph.name = "main"
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []

    def buffer(self, data):
        entry = tfl.BufferT()
        entry.data = np.frombuffer(data, np.uint8)
        self.model.buffers.append(entry)
        return len(self.model.buffers) - 1

    def tensor(self, name, shape, array=None, dtype=np.float32):
        entry = tfl.TensorT()
        entry.name, entry.shape = name, [int(d) for d in shape]
        entry.type = TYPES[np.dtype(dtype)]
        entry.buffer = 0 if array is None else self.buffer(np.ascontiguousarray(array, dtype).tobytes())
        self.graph.tensors.append(entry)
        return len(self.graph.tensors) - 1

    def constant(self, name, array, dtype=np.float32):
        return self.tensor(name, np.shape(array), array, dtype)

    def operator(self, kind, inputs, name, shape, options=None, union=0):
        if kind not in self.codes:
            code = tfl.OperatorCodeT()
            code.builtinCode, code.version = kind, VERSIONS.get(kind, 1)
            code.deprecatedBuiltinCode = min(kind, 127)
            self.codes[kind] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(code)
        entry = tfl.OperatorT()
        entry.opcodeIndex, entry.inputs, entry.outputs = self.codes[kind], inputs, [self.tensor(name, shape)]
        entry.builtinOptions, entry.builtinOptionsType = options, union
        self.graph.operators.append(entry)
        return entry.outputs[0]

    def binary(self, kind, inputs, name, shape, activation):
        options, union = {
            OPERATORS.ADD: (tfl.AddOptionsT(), tfl.BuiltinOptions.AddOptions),
            OPERATORS.MUL: (tfl.MulOptionsT(), tfl.BuiltinOptions.MulOptions)}[kind]
        options.fusedActivationFunction = FUSED[activation]
        return self.operator(kind, inputs, name, shape, options, union)

    def finish(self, inputs, outputs):
        self.graph.inputs, self.graph.outputs = list(inputs.values()), list(outputs.values())
        signature = tfl.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = "serving_default", 0
        signature.inputs, signature.outputs = [], []
        for maps, named in ((signature.inputs, inputs), (signature.outputs, outputs)):
            for name, index in named.items():
                entry = tfl.TensorMapT()
                entry.name, entry.tensorIndex = name, index
                maps.append(entry)
        self.model.signatureDefs = [signature]
        metadata = tfl.MetadataT()
        metadata.name, metadata.buffer = "min_runtime_version", self.buffer(RUNTIME.ljust(16, b"\0"))
        self.model.metadata = [metadata]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def pack_buffer(self, builder):
    """The schema asks for constants at multiples of 16 bytes, which the generated class does not see to."""
    data = None
    if self.data is not None:
        builder.StartVector(1, len(self.data), 16)
        builder.head = builder.head - len(self.data)
        builder.Bytes[builder.head:builder.head + len(self.data)] = self.data.tobytes()
        data = builder.EndVector()
    tfl.BufferStart(builder)
    if data is not None:
        tfl.BufferAddData(builder, data)
    return tfl.BufferEnd(builder)


tfl.BufferT.Pack = pack_buffer
