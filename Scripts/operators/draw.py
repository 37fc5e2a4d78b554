"""Random shapes, scales, zero points and values."""

import math

import numpy as np
from model import Tensor

ACTIVATIONS = {"none": 0, "relu": 1, "relu_n1_to_1": 2, "relu6": 3}
PADDINGS = {"same": 0, "valid": 1}


class Draw:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def integer(self, low, high):
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability):
        return self.rng.random() < probability

    def choice(self, values):
        return values[self.integer(0, len(values) - 1)]

    def log_uniform(self, low, high):
        return float(np.float32(math.exp(self.rng.uniform(math.log(low), math.log(high)))))

    def scale(self):
        """Mostly as trained models have them, now and then extreme."""
        return self.log_uniform(1e-3, 0.5) if self.chance(0.9) else self.log_uniform(1e-6, 100)

    def limits(self, dtype):
        i = np.iinfo(dtype)
        return int(i.min), int(i.max)

    def zero(self, dtype):
        if dtype not in ("int8", "uint8"):
            return 0
        low, high = self.limits(dtype)
        return self.choice([low, high, (low + high + 1) // 2]) if self.chance(0.25) else self.integer(low, high)

    def values(self, shape, dtype, zero=0):
        """All values of the type, those near the zero point, or the type's ends."""
        if dtype == "float32":
            spread = self.log_uniform(0.05, 20)
            return (self.rng.normal(size=shape) * spread).astype(np.float32)
        if dtype == "bool":
            return self.rng.integers(0, 2, shape).astype(bool)
        low, high = self.limits(dtype)
        kind = self.rng.random()
        if kind < 0.75:
            return self.rng.integers(low, high + 1, shape).astype(dtype)
        if kind < 0.9:
            spread = (high - low) / self.choice([256, 40, 8])
            return np.clip(np.rint(self.rng.normal(size=shape) * spread + zero), low, high).astype(dtype)
        return np.asarray([low, high, zero, low + 1, high - 1])[self.rng.integers(0, 5, shape)].astype(dtype)

    def shape(self, rank=None, largest=9, most=4):
        rank = self.integer(1, most) if rank is None else rank
        sizes = [self.integer(1, largest) for _ in range(rank)]
        if rank and self.chance(0.15):
            sizes[-1] = self.integer(1, 70)
        return sizes

    def fed(self, shape, dtype, scale=None, zero=None):
        """An input of random values, quantized unless it is float32 or bool."""
        if dtype in ("float32", "bool", "int32", "int64"):
            return Tensor(shape, dtype, feed=self.values(shape, dtype))
        scale = self.scale() if scale is None else scale
        zero = self.zero(dtype) if zero is None else zero
        return Tensor(shape, dtype, scale, zero, feed=self.values(shape, dtype, zero))

    def result(self, shape, dtype, scale, zero=None):
        """A result whose scale is about `scale`."""
        if dtype == "float32":
            return Tensor(shape, dtype)
        factor = self.log_uniform(0.3, 3) if self.chance(0.85) else self.log_uniform(0.01, 100)
        return Tensor(shape, dtype, scale * factor, self.zero(dtype) if zero is None else zero)

    def like(self, tensor, shape=None):
        """A result of the tensor's type, scale and zero point."""
        return Tensor(tensor.shape if shape is None else shape, tensor.dtype, tensor.scale, tensor.zero)

    def activation(self, names=("none", "relu", "relu_n1_to_1", "relu6")):
        return ACTIVATIONS["none" if self.chance(0.5) else self.choice(list(names))]

    def broadcast(self, most=4):
        """Two shapes that broadcast to a third, and that."""
        whole = self.shape(most=most, largest=6)
        kind = self.rng.random()
        if kind < 0.5:
            return whole, whole, whole

        def part():
            sizes = [1 if self.chance(0.4) else n for n in whole]
            return sizes[self.integer(0, len(sizes) - 1):] if self.chance(0.3) else sizes

        a, b = (whole, part()) if kind < 0.75 else (part(), part())
        if self.chance(0.5):
            a, b = b, a
        return a, b, list(np.broadcast_shapes(tuple(a), tuple(b)))

    def constant(self, values, dtype="int32"):
        values = np.asarray(values)
        return Tensor(values.shape, dtype, data=values)
