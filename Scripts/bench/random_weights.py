"""Random weights under which activations keep their size from the first layer to the last."""
import zlib

import numpy as np

# What a filter of mean 0 and variance 1 / (its taps) makes of a rectified normal variable is smaller by this factor: its
# variance is (1 - 1 / pi) / 2 (Brock et al. 2021, section 3).
RECTIFIED = np.sqrt(2 / (1 - 1 / np.pi))
# The same of x * sigmoid(x), measured.
SWISH = 1.788
# The mean of a sigmoid.
GATED = 0.5
# The standard deviation of the images below.
IMAGE = 0.44
# Every block adds to its input; half of it keeps the sum from growing.
RESIDUAL = 0.5
# Makes the logits' standard deviation about 3, measured: probabilities of 1 in 1,000 would all be 0 as 8-bit integers.
CLASSIFIER = {"mobilenet_v1_100": 7.5, "mobilenet_v2_100": 6, "efficientnet_b0": 0.9, "resnet50": 1.6}


def gain(net, layer, source):
    """What makes up for the activation of the layer that is read."""
    if source is None:
        return 1 / IMAGE
    if source.kind == "scale":
        return SWISH / GATED
    if layer.kind == "dense":
        return CLASSIFIER[net.name]
    return {"relu": RECTIFIED, "relu6": RECTIFIED, "swish": SWISH}.get(source.activation, 1)


def weights(net):
    """{layer: (weights, bias)} in float32; the same for the same network, whatever NumPy draws elsewhere.

    Filters have mean 0, so that the mean of rectified activations does not add up over the layers. Channels differ in
    strength by up to three, as trained ones do.
    """
    layers, added = {l.name: l for l in net.layers}, {l.inputs[0] for l in net.layers if l.kind == "add"}
    found = {}
    for layer in net.layers:
        if layer.kind not in ("conv", "depthwise", "dense"):
            continue
        rng = np.random.default_rng(zlib.crc32(f"{net.name}/{layer.name}".encode()))
        width = 1 if layer.kind == "depthwise" else net.channels(layer.inputs[0])
        w = rng.standard_normal((layer.kernel, layer.kernel, width, layer.channels))
        taps = w[..., 0].size
        if taps > 1:
            w -= w.mean(axis=(0, 1, 2))
        w /= np.sqrt((w ** 2).mean(axis=(0, 1, 2)) * taps)
        w *= gain(net, layer, layers.get(layer.inputs[0])) * rng.uniform(0.5, 1.5, layer.channels)
        if layer.name in added:
            w *= RESIDUAL
        bias = rng.normal(0, 0.1, layer.channels)
        found[layer.name] = (w.astype(np.float32), bias.astype(np.float32))
    return found


def images(count, seed):
    """[count, 224, 224, 3] in [-1, 1]: noise over patches, as photographs are smooth and not noise."""
    rng = np.random.default_rng(seed)
    patches = rng.uniform(-0.7, 0.7, (count, 14, 14, 3)).repeat(16, axis=1).repeat(16, axis=2)
    return (patches + rng.uniform(-0.3, 0.3, patches.shape)).astype(np.float32)
