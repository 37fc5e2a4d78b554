"""The networks as lists of layers. Training, the TFLite writer and the ONNX writer all read these lists.

Activations are NHWC. Weights are [kernel, kernel, in, out]; for a depthwise layer [kernel, kernel, 1, channels].
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    name: str
    kind: str  # conv, depthwise, add, pool or dense
    inputs: tuple
    channels: int
    kernel: int = 1
    stride: int = 1
    activation: str = "none"  # none, relu or relu6

    @property
    def has_batch_norm(self):
        return self.kind in ("conv", "depthwise")


@dataclass(frozen=True)
class Network:
    name: str
    description: str
    layers: tuple
    # How the .tflite spells batch norm y = (x - mean) * scale + beta, scale = gamma / sqrt(variance + epsilon):
    #   mul_add:      linear with a zero bias -> MUL scale -> ADD (beta - mean * scale), which holds the activation
    #   bias_mul_add: linear with the bias -mean -> MUL scale -> ADD beta -> the activation as an operator of its own
    batch_norm: str
    # mean: MEAN over the spatial axes; average_pool: AVERAGE_POOL_2D over all of it, then RESHAPE.
    pooling: str


def residual():
    return Network(
        "digits_resnet", "Residual CNN for 8x8 grey images of handwritten digits",
        (
            Layer("stem", "conv", ("image",), 16, 3, 1, "relu"),
            Layer("block1/conv1", "conv", ("stem",), 16, 3, 1, "relu"),
            Layer("block1/conv2", "conv", ("block1/conv1",), 16, 3, 1),
            Layer("block1/add", "add", ("block1/conv2", "stem"), 16, activation="relu"),
            Layer("block2/conv1", "conv", ("block1/add",), 32, 3, 2, "relu"),
            Layer("block2/conv2", "conv", ("block2/conv1",), 32, 3, 1),
            Layer("block2/shortcut", "conv", ("block1/add",), 32, 1, 2),
            Layer("block2/add", "add", ("block2/conv2", "block2/shortcut"), 32, activation="relu"),
            Layer("pool", "pool", ("block2/add",), 32),
            Layer("classifier", "dense", ("pool",), 10),
        ),
        batch_norm="mul_add", pooling="mean")


def depthwise_separable():
    layers, source = [Layer("stem", "conv", ("image",), 16, 3, 1, "relu6")], "stem"
    width = 16
    for index, (channels, stride) in enumerate([(32, 1), (48, 2), (64, 1)], start=1):
        depthwise, pointwise = f"block{index}/depthwise", f"block{index}/pointwise"
        layers.append(Layer(depthwise, "depthwise", (source,), width, 3, stride, "relu6"))
        layers.append(Layer(pointwise, "conv", (depthwise,), channels, 1, 1, "relu6"))
        source, width = pointwise, channels
    layers += [Layer("pool", "pool", (source,), width), Layer("classifier", "dense", ("pool",), 10)]
    return Network(
        "digits_dscnn", "Depthwise-separable CNN for 8x8 grey images of handwritten digits", tuple(layers),
        batch_norm="bias_mul_add", pooling="average_pool")


NETWORKS = (residual(), depthwise_separable())
EPSILON = 1e-3


def input_channels(network, layer):
    source = layer.inputs[0]
    return 1 if source == "image" else next(l.channels for l in network.layers if l.name == source)


def same_padding(size, kernel, stride):
    """(before, after) of one axis, an odd zero behind, as TensorFlow pads."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def spatial_size(network, layer):
    """The height and width of the layer's input, and of its result."""
    source = layer.inputs[0]
    size = 8 if source == "image" else spatial_size(network, next(l for l in network.layers if l.name == source))[1]
    return size, -(-size // layer.stride)
