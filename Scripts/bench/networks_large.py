"""The networks of the benchmark as lists of layers, which both writers read: 224 x 224 RGB images, 1,000 classes.

Batch norm is folded, as it is in the files that people run. Activations are NHWC, weights [kernel, kernel, in, out]; for a
depthwise layer [kernel, kernel, 1, channels].
"""
from dataclasses import dataclass, field

from networks import Layer

SIZE, CLASSES = 224, 1000


@dataclass
class Large:
    """Layer.kind is one of the small networks', or max_pool, scale (one number for each channel) or softmax."""
    name: str
    description: str
    layers: list = field(default_factory=list)

    def add(self, name, kind, inputs, channels, kernel=1, stride=1, activation="none"):
        self.layers.append(Layer(name, kind, inputs, channels, kernel, stride, activation))
        return name

    def channels(self, name):
        return 3 if name == "image" else next(l.channels for l in self.layers if l.name == name)

    def shapes(self):
        """[height = width, channels] of each value; height 0 where there is no image any more."""
        found = {"image": (SIZE, 3)}
        for layer in self.layers:
            size = found[layer.inputs[0]][0]
            size = {"pool": 1, "dense": 0, "softmax": 0}.get(layer.kind, -(-size // layer.stride))
            found[layer.name] = (size, layer.channels)
        return found

    def classify(self, source):
        pooled = self.add("pool", "pool", (source,), self.channels(source))
        self.add("classifier", "dense", (pooled,), CLASSES)
        self.add("probabilities", "softmax", ("classifier",), CLASSES)
        return self


def mobilenet_v1():
    """Howard et al. 2017, table 1."""
    net = Large("mobilenet_v1_100", "MobileNetV1 1.0")
    x = net.add("stem", "conv", ("image",), 32, 3, 2, "relu6")
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for index, (channels, stride) in enumerate(blocks, start=1):
        x = net.add(f"block{index}/depthwise", "depthwise", (x,), net.channels(x), 3, stride, "relu6")
        x = net.add(f"block{index}/pointwise", "conv", (x,), channels, 1, 1, "relu6")
    return net.classify(x)


def mobilenet_v2():
    """Sandler et al. 2018, table 2."""
    net = Large("mobilenet_v2_100", "MobileNetV2 1.0")
    x = net.add("stem", "conv", ("image",), 32, 3, 2, "relu6")
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    index = 0
    for expansion, channels, repeats, stride in stages:
        for repeat in range(repeats):
            index, source = index + 1, x
            width = net.channels(x) * expansion
            if expansion > 1:
                x = net.add(f"block{index}/expand", "conv", (x,), width, 1, 1, "relu6")
            x = net.add(f"block{index}/depthwise", "depthwise", (x,), width, 3, stride if repeat == 0 else 1, "relu6")
            x = net.add(f"block{index}/project", "conv", (x,), channels)
            if repeat:
                x = net.add(f"block{index}/add", "add", (x, source), channels)
    return net.classify(net.add("head", "conv", (x,), 1280, 1, 1, "relu6"))


def efficientnet_b0():
    """Tan and Le 2019, table 1; squeeze and excitation to a quarter of the block's input channels."""
    net = Large("efficientnet_b0", "EfficientNet-B0")
    x = net.add("stem", "conv", ("image",), 32, 3, 2, "swish")
    stages = [(1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2), (6, 5, 112, 3, 1), (6, 5, 192, 4, 2),
              (6, 3, 320, 1, 1)]
    index = 0
    for expansion, kernel, channels, repeats, stride in stages:
        for repeat in range(repeats):
            index, source = index + 1, x
            squeezed, width = net.channels(x) // 4, net.channels(x) * expansion
            block = f"block{index}"
            if expansion > 1:
                x = net.add(f"{block}/expand", "conv", (x,), width, 1, 1, "swish")
            x = net.add(f"{block}/depthwise", "depthwise", (x,), width, kernel, stride if repeat == 0 else 1, "swish")
            s = net.add(f"{block}/squeeze/mean", "pool", (x,), width)
            s = net.add(f"{block}/squeeze/reduce", "conv", (s,), squeezed, 1, 1, "swish")
            s = net.add(f"{block}/squeeze/expand", "conv", (s,), width, 1, 1, "sigmoid")
            x = net.add(f"{block}/squeeze/scale", "scale", (x, s), width)
            x = net.add(f"{block}/project", "conv", (x,), channels)
            if repeat:
                x = net.add(f"{block}/add", "add", (x, source), channels)
    return net.classify(net.add("head", "conv", (x,), 1280, 1, 1, "swish"))


def resnet50():
    """He et al. 2015, table 1, with the stride at the 3 x 3 convolution ("v1.5"), as it is trained today."""
    net = Large("resnet50", "ResNet-50 v1.5")
    x = net.add("stem", "conv", ("image",), 64, 7, 2, "relu")
    x = net.add("stem/pool", "max_pool", (x,), 64, 3, 2)
    for stage, (channels, repeats, stride) in enumerate([(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)], start=1):
        for repeat in range(repeats):
            block, step, source = f"stage{stage}/block{repeat + 1}", stride if repeat == 0 else 1, x
            if repeat == 0:
                source = net.add(f"{block}/shortcut", "conv", (x,), 4 * channels, 1, step)
            x = net.add(f"{block}/conv1", "conv", (x,), channels, 1, 1, "relu")
            x = net.add(f"{block}/conv2", "conv", (x,), channels, 3, step, "relu")
            x = net.add(f"{block}/conv3", "conv", (x,), 4 * channels)
            x = net.add(f"{block}/add", "add", (x, source), 4 * channels, activation="relu")
    return net.classify(x)


NETWORKS = {net.name: net for net in (mobilenet_v1(), mobilenet_v2(), efficientnet_b0(), resnet50())}
