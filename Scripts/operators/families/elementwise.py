"""Operators of one or two quantized operands, element by element."""

import numpy as np
from model import Case, Tensor
from registry import operator

ALL = ("int8", "int16", "uint8")

def span(tensor):
    """The largest magnitude that the tensor can hold, about."""
    return float(tensor.scale[0]) * (40000 if tensor.dtype == "int16" else 150)


def steps(type):
    return 40000 if type == "int16" else 150


def pair(draw, type):
    a, b, y = draw.broadcast(most=5 if draw.chance(0.1) else 4)
    x = draw.fed(a, type)
    near = float(x.scale[0]) * draw.log_uniform(0.1, 10) if draw.chance(0.7) else None
    z = draw.fed(b, type, scale=near)
    if draw.chance(0.25):  # one operand constant
        z = Tensor(z.shape, z.dtype, z.scale, z.zero, data=z.feed)
    return x, z, y


@operator(["ADD", "SUB"], ALL)
def sums(draw, type):
    a, b, shape = pair(draw, type)
    y = draw.result(shape, type, (span(a) + span(b)) / steps(type) / 2)
    if type == "int16" and draw.chance(0.15):  # powers of two, which have a kernel of their own
        for t in (a, b, y):
            t.scale = np.float32([2.0 ** draw.integer(-12, -6)])
    return Case(None, dict(fusedActivationFunction=draw.activation()), [a, b], y)


@operator("MUL", ALL)
def product(draw, type):
    a, b, shape = pair(draw, type)
    y = draw.result(shape, type, span(a) * span(b) / steps(type) / 3)
    return Case(None, dict(fusedActivationFunction=draw.activation()), [a, b], y)


@operator("DIV", ("uint8",))
def quotient(draw, type):
    a, b, shape = pair(draw, type)
    divisors = b.feed if b.feed is not None else b.data
    divisors[divisors == b.zero] = b.zero + 1 if b.zero < 128 else b.zero - 1
    y = draw.result(shape, type, span(a) / (float(b.scale[0]) * 60) / steps(type))
    return Case(None, dict(fusedActivationFunction=draw.activation()), [a, b], y)


@operator(["MAXIMUM", "MINIMUM"], ALL)
def extremum(draw, type):
    a, b, shape = draw.broadcast(most=5)
    x = draw.fed(a, type)
    z = draw.fed(b, type, float(x.scale[0]), x.zero)
    return Case("MaximumMinimumOptions", {}, [x, z], draw.like(x, shape))


@operator("SQUARED_DIFFERENCE", ("int8",))
def squared_difference(draw, type):
    a, b, shape = pair(draw, type)
    y = draw.result(shape, type, (span(a) + span(b)) ** 2 / steps(type) / 3)
    return Case(None, {}, [a, b], y)


@operator("PRELU", ("int8", "uint8"))
def prelu(draw, type):
    x = draw.fed(draw.shape(4, largest=6), type)
    slope = x.shape[1:] if draw.chance(0.2) else [1, 1, x.shape[-1]]
    zero = draw.zero(type)
    alpha = Tensor(slope, type, draw.log_uniform(1e-4, 0.05), zero, data=draw.values(slope, type, zero))
    return Case(None, {}, [x, alpha], draw.result(x.shape, type, float(x.scale[0])))


@operator("LEAKY_RELU", ALL)
def leaky_relu(draw, type):
    x = draw.fed(draw.shape(), type)
    alpha = draw.choice([0.01, 0.1, 0.2, 0.3, draw.log_uniform(1e-3, 2), -0.5])
    return Case(None, dict(alpha=alpha), [x], draw.result(x.shape, type, float(x.scale[0])))


@operator(["RELU", "RELU6"], ALL)
@operator(["RELU_N1_TO_1", "RELU_0_TO_1"], ("int8", "uint8"))
def relu(draw, type):
    x = draw.fed(draw.shape(), type)
    y = draw.like(x) if draw.chance(0.3) else draw.result(x.shape, type, float(x.scale[0]))
    return Case(None, {}, [x], y)


@operator("LOGISTIC", ALL)
def logistic(draw, type):
    scale, zero = {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)}[type]
    x = draw.fed(draw.shape(), type)
    if type == "int16" and draw.chance(0.4):
        x.scale = np.float32([2.0 ** draw.integer(-15, -8)])
    return Case(None, {}, [x], Tensor(x.shape, type, scale, zero))


@operator("TANH", ALL)
def tanh(draw, type):
    scale, zero = {"int8": (1 / 128, 0), "uint8": (1 / 128, 128), "int16": (1 / 32768, 0)}[type]
    x = draw.fed(draw.shape(), type)
    if type == "int16" and draw.chance(0.4):
        x.scale = np.float32([2.0 ** draw.integer(-15, -8)])
    return Case(None, {}, [x], Tensor(x.shape, type, scale, zero))


@operator("HARD_SWISH", ("int8", "uint8"))
def hard_swish(draw, type):
    x = draw.fed(draw.shape(), type)
    return Case(None, {}, [x], draw.result(x.shape, type, float(x.scale[0])))


@operator("ELU", ("int8",), oracle="middle")
def elu(draw, type):
    x = draw.fed(draw.shape(), type)
    return Case(None, {}, [x], draw.result(x.shape, type, float(x.scale[0])))


@operator("GELU", ("int8", "uint8"))
def gelu(draw, type):
    x = draw.fed(draw.shape(), type)
    options = dict(approximate=draw.chance(0.5))
    return Case(None, options, [x], draw.result(x.shape, type, float(x.scale[0])))


@operator("EXP", ("int8", "int16"))
def exponential(draw, type):
    x = draw.fed(draw.shape(), type, scale=draw.log_uniform(1e-3, 0.06) / steps(type) * 150)
    return Case(None, {}, [x], draw.result(x.shape, type, np.exp(span(x) / 3) / steps(type)))


def above(draw, type, lowest):
    """Values of which the operator is defined: those above the zero point."""
    low, high = draw.limits(type)
    zero = 0 if type == "int16" else draw.integer(low, high - 8)
    x = draw.fed(draw.shape(), type, zero=zero)
    x.feed = np.maximum(x.feed, np.asarray(zero + lowest, type))
    return x


@operator("LOG", ("int8", "int16"))
def logarithm(draw, type):
    x = above(draw, type, 1)
    return Case(None, {}, [x], draw.result(x.shape, type, 8 / steps(type)))


@operator(["RSQRT", "SQRT"], ("int8", "int16"))
def roots(draw, type):
    x = above(draw, type, 1)
    return Case(None, {}, [x], draw.result(x.shape, type, float(x.scale[0]) ** -0.5 / steps(type)))


@operator("ABS", ("int8", "int16"))
def absolute(draw, type):
    x = draw.fed(draw.shape(), type)
    y = draw.like(x) if draw.chance(0.4) else draw.result(x.shape, type, float(x.scale[0]))
    return Case(None, {}, [x], y)


@operator("NEG", ("int8", "int16"))
def negative(draw, type):
    x = draw.fed(draw.shape(), type)
    y = draw.like(x) if draw.chance(0.4) else draw.result(x.shape, type, float(x.scale[0]))
    return Case(None, {}, [x], y)


@operator(["EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"], ("int8", "uint8"))
def comparison(draw, type):
    a, b, shape = draw.broadcast()
    x = draw.fed(a, type)
    same = draw.chance(0.4)
    z = draw.fed(b, type, float(x.scale[0]), x.zero) if same else draw.fed(b, type, float(x.scale[0]) * draw.log_uniform(0.3, 3))
    return Case(None, {}, [x, z], Tensor(shape, "bool"))


@operator(["FLOOR_DIV", "FLOOR_MOD"], ("int8", "int16"))
def floor_division(draw, type):
    a, b, shape = draw.broadcast()
    x, z = [Tensor(s, type, feed=draw.values(s, type)) for s in (a, b)]
    z.feed[z.feed == 0] = 1
    return Case(None, {}, [x, z], Tensor(shape, type))


@operator("SELECT", ALL)
def select(draw, type):
    shape = draw.shape()
    condition = draw.fed(shape, "bool")
    x = draw.fed(shape, type)
    return Case(None, {}, [condition, x, draw.fed(shape, type, float(x.scale[0]), x.zero)], draw.like(x))


@operator("SELECT_V2", ALL)
def select_broadcast(draw, type):
    a, b, shape = draw.broadcast()
    condition = draw.fed(draw.choice([a, b, shape]), "bool")
    x = draw.fed(a, type)
    shape = list(np.broadcast_shapes(tuple(condition.shape), tuple(a), tuple(b)))
    return Case(None, {}, [condition, x, draw.fed(b, type, float(x.scale[0]), x.zero)], draw.like(x, shape))
