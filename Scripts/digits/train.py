"""Trains a network on the digits with JAX: Adam, a cosine schedule, shifted and noisy copies of the samples.

An L1 penalty keeps weights that matter little near zero, as in networks that are meant to be pruned.
"""
import jax
import jax.numpy as jnp
import numpy as np

from networks import EPSILON, input_channels

EPOCHS, BATCH, RATE, PENALTY, MOMENTUM = 150, 64, 4e-3, 3e-4, 0.9
DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def initial(network, seed):
    """Weights by He, and batch norm that does nothing."""
    rng, weights, running = np.random.default_rng(seed), {}, {}
    for layer in network.layers:
        c = input_channels(network, layer)
        if layer.kind == "dense":
            weights[layer.name] = {
                "w": rng.normal(0, (1 / c) ** 0.5, (c, layer.channels)), "b": np.zeros(layer.channels)}
        elif layer.has_batch_norm:
            c = 1 if layer.kind == "depthwise" else c
            shape = (layer.kernel, layer.kernel, c, layer.channels)
            weights[layer.name] = {
                "w": rng.normal(0, (2 / np.prod(shape[:3])) ** 0.5, shape),
                "gamma": np.ones(layer.channels), "beta": np.zeros(layer.channels)}
            running[layer.name] = {"mean": np.zeros(layer.channels), "variance": np.ones(layer.channels)}
    as_float = lambda tree: jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), tree)
    return as_float(weights), as_float(running)


def forward(network, weights, running, x, training):
    """Logits [N, 10] of x [N, 8, 8, 1] in 0...1, and the running statistics after this batch."""
    values, statistics = {"image": x}, {}
    for layer in network.layers:
        y = values[layer.inputs[0]]
        p = weights.get(layer.name)
        if layer.has_batch_norm:
            groups = layer.channels if layer.kind == "depthwise" else 1
            y = jax.lax.conv_general_dilated(
                y, p["w"], (layer.stride,) * 2, "SAME", dimension_numbers=DIMENSIONS, feature_group_count=groups)
            r = running[layer.name]
            mean, variance = (y.mean((0, 1, 2)), y.var((0, 1, 2))) if training else (r["mean"], r["variance"])
            statistics[layer.name] = {
                "mean": MOMENTUM * r["mean"] + (1 - MOMENTUM) * mean,
                "variance": MOMENTUM * r["variance"] + (1 - MOMENTUM) * variance}
            y = (y - mean) * (p["gamma"] / jnp.sqrt(variance + EPSILON)) + p["beta"]
        elif layer.kind == "add":
            y = y + values[layer.inputs[1]]
        elif layer.kind == "pool":
            y = y.mean((1, 2))
        elif layer.kind == "dense":
            y = y @ p["w"] + p["b"]
        if layer.activation != "none":
            y = jnp.clip(y, 0, 6 if layer.activation == "relu6" else None)
        values[layer.name] = y
    return values[network.layers[-1].name], statistics


def augmented(rng, x):
    """Each image moved by up to one pixel along each axis, with a little noise."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moves = rng.integers(0, 3, (len(x), 2))
    moved = np.stack([padded[i, a:a + 8, b:b + 8] for i, (a, b) in enumerate(moves)])
    return np.clip(moved + rng.normal(0, 0.04, x.shape), 0, 1).astype(np.float32)


def train(network, x, y, seed):
    """The trained weights and running statistics, as float32 arrays for inputs in 0...16.

    x: [N, 8, 8, 1] in 0...16; y: [N]. The networks learn on x/16; the division then moves into the first
    convolution's weights, which is exact because 16 is a power of two.
    """
    weights, running = initial(network, seed)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    first, second = zeros, zeros

    def loss(weights, running, x, y):
        logits, running = forward(network, weights, running, x, True)
        target = 0.95 * jax.nn.one_hot(y, 10) + 0.005
        penalty = sum(jnp.abs(p["w"]).sum() for p in weights.values())
        return -(target * jax.nn.log_softmax(logits)).sum(1).mean() + PENALTY * penalty, running

    @jax.jit
    def step(weights, running, first, second, t, rate, x, y):
        (_, running), g = jax.value_and_grad(loss, has_aux=True)(weights, running, x, y)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, g)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, g)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * (m / (1 - 0.9 ** t)) / (jnp.sqrt(v / (1 - 0.999 ** t)) + 1e-8),
            weights, first, second)
        return weights, running, first, second

    rng, t = np.random.default_rng(seed), 0
    scaled, steps = x.astype(np.float32) / 16, EPOCHS * (len(x) // BATCH)
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            picked = order[start:start + BATCH]
            t += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * t / steps))
            weights, running, first, second = step(
                weights, running, first, second, np.float32(t), np.float32(rate), augmented(rng, scaled[picked]),
                y[picked])

    to_arrays = lambda tree: jax.tree.map(lambda a: np.asarray(a, np.float32), tree)
    weights, running = to_arrays(weights), to_arrays(running)
    stem = network.layers[0].name
    weights[stem]["w"] = weights[stem]["w"] / np.float32(16)
    return weights, running
