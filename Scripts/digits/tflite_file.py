"""Writes a trained network as .tflite with batch norm spelled out behind each linear operator."""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl

from networks import EPSILON, input_channels, spatial_size

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


def write(network, weights, running, path, half=False):
    """half: weights of linear operators as float16 behind DEQUANTIZE."""
    writer = Writer(f"{network.description}. Input: grey values 0 to 16.")
    image = writer.tensor("image", [1, 8, 8, 1])
    values = {"image": image}

    def weight(name, array):
        if not half:
            return writer.constant(name, array)
        stored = writer.constant(f"{name}_f16", array, np.float16)
        return writer.operator(
            OPERATORS.DEQUANTIZE, [stored], name, array.shape, tfl.DequantizeOptionsT(),
            tfl.BuiltinOptions.DequantizeOptions)

    for layer in network.layers:
        inputs, name, p = [values[i] for i in layer.inputs], layer.name, weights.get(layer.name)
        size = spatial_size(network, layer)[1] if layer.kind in ("conv", "depthwise", "add") else 0
        shape = [1, size, size, layer.channels]
        if layer.has_batch_norm:
            y = batch_norm(writer, network, layer, p, running[name], linear(
                writer, network, layer, inputs[0], weight, p, running[name], shape), shape)
        elif layer.kind == "add":
            y = writer.binary(OPERATORS.ADD, inputs, f"{name}/sum", shape, layer.activation)
        elif layer.kind == "pool":
            y = pool(writer, network, layer, inputs[0])
        else:
            options = tfl.FullyConnectedOptionsT()
            w, b = weight(f"{name}/weight", p["w"].T), writer.constant(f"{name}/bias", p["b"])
            y = writer.operator(
                OPERATORS.FULLY_CONNECTED, [inputs[0], w, b], f"{name}/logits", [1, layer.channels], options,
                tfl.BuiltinOptions.FullyConnectedOptions)
        values[name] = y
    options = tfl.SoftmaxOptionsT()
    options.beta = 1.0
    result = writer.operator(
        OPERATORS.SOFTMAX, [values[network.layers[-1].name]], "probabilities", [1, 10], options,
        tfl.BuiltinOptions.SoftmaxOptions)
    with open(path, "wb") as file:
        file.write(writer.finish({"image": image}, {"probabilities": result}))


def linear(writer, network, layer, x, weight, p, running, shape):
    operands = [x]
    if layer.kind == "depthwise":
        kind, union, options = (
            OPERATORS.DEPTHWISE_CONV_2D, tfl.BuiltinOptions.DepthwiseConv2DOptions, tfl.DepthwiseConv2DOptionsT())
        options.depthMultiplier = 1
        operands.append(weight(f"{layer.name}/weight", p["w"].transpose(2, 0, 1, 3)))
    else:
        kind, union, options = OPERATORS.CONV_2D, tfl.BuiltinOptions.Conv2DOptions, tfl.Conv2DOptionsT()
        operands.append(weight(f"{layer.name}/weight", p["w"].transpose(3, 0, 1, 2)))
    options.padding = tfl.Padding.SAME
    options.strideH = options.strideW = layer.stride
    options.dilationHFactor = options.dilationWFactor = 1
    # LiteRT's kernels demand a bias, even one of zeros.
    bias = -running["mean"] if network.batch_norm == "bias_mul_add" else np.zeros(layer.channels)
    operands.append(writer.constant(f"{layer.name}/bias", bias))
    return writer.operator(kind, operands, f"{layer.name}/{layer.kind}", shape, options, union)


def batch_norm(writer, network, layer, p, running, y, shape):
    scale = p["gamma"].astype(np.float64) / np.sqrt(running["variance"].astype(np.float64) + EPSILON)
    is_fused = network.batch_norm == "mul_add"
    offset = p["beta"] - running["mean"] * scale if is_fused else p["beta"]
    y = writer.binary(
        OPERATORS.MUL, [y, writer.constant(f"{layer.name}/batch_norm/scale", scale)], f"{layer.name}/batch_norm/mul",
        shape, "none")
    y = writer.binary(
        OPERATORS.ADD, [y, writer.constant(f"{layer.name}/batch_norm/offset", offset)],
        f"{layer.name}/batch_norm/add", shape, layer.activation if is_fused else "none")
    if is_fused or layer.activation == "none":
        return y
    kind = OPERATORS.RELU6 if layer.activation == "relu6" else OPERATORS.RELU
    return writer.operator(kind, [y], f"{layer.name}/{layer.activation}", shape)


def pool(writer, network, layer, x):
    source = next(l for l in network.layers if l.name == layer.inputs[0])
    size = spatial_size(network, source)[1]
    if network.pooling == "mean":
        options = tfl.ReducerOptionsT()
        options.keepDims = False
        axes = writer.constant(f"{layer.name}/axes", [1, 2], np.int32)
        return writer.operator(
            OPERATORS.MEAN, [x, axes], f"{layer.name}/mean", [1, layer.channels], options,
            tfl.BuiltinOptions.ReducerOptions)
    options = tfl.Pool2DOptionsT()
    options.padding = tfl.Padding.VALID
    options.strideH = options.strideW = options.filterHeight = options.filterWidth = size
    options.fusedActivationFunction = FUSED["none"]
    y = writer.operator(
        OPERATORS.AVERAGE_POOL_2D, [x], f"{layer.name}/average", [1, 1, 1, layer.channels], options,
        tfl.BuiltinOptions.Pool2DOptions)
    options = tfl.ReshapeOptionsT()
    options.newShape = [1, layer.channels]
    shape = writer.constant(f"{layer.name}/shape", [1, layer.channels], np.int32)
    return writer.operator(
        OPERATORS.RESHAPE, [y, shape], f"{layer.name}/flat", [1, layer.channels], options,
        tfl.BuiltinOptions.ReshapeOptions)
