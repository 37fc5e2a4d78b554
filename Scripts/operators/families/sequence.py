"""Recurrent layers, spectra and detection."""

import numpy as np
from flatbuffers import flexbuffers
from model import Case, Tensor
from registry import operator

ACTIVATIONS = [0, 1, 3, 4]
FLOAT = dict(oracle="reference", tolerance=2e-5)
# Another order of sums may carry an activation to the next of its 255 steps.
HYBRID = dict(oracle="reference", tolerance=1e-3)


def weights(draw, shape, type="float32", spread=0.5):
    values = (draw.rng.normal(size=shape) * spread).astype(np.float32)
    if type == "float32":
        return Tensor(shape, data=values)
    scale = float(np.abs(values).max()) / 127 or 1.0
    return Tensor(shape, "int8", scale, data=np.clip(np.rint(values / np.float32(scale)), -127, 127))


def state(shape):
    return Tensor(shape, variable=True)


class Gates:
    """What one direction of an LSTM has."""

    def __init__(self, draw, inputs, type, extra=0, normalizes=False, like=None):
        self.cells = like.cells if like else draw.integer(1, 9)
        self.couples, self.peeps = draw.chance(0.3), draw.chance(0.4)
        self.projects = like.projects if like else draw.chance(0.3)
        self.outputs = like.outputs if like else draw.integer(1, 7) if self.projects else self.cells
        first = 1 if self.couples else 0

        def each(shape, kind=type):
            return [None] * first + [weights(draw, shape, kind) for _ in range(4 - first)]

        self.weights, self.recurrent = each([self.cells, inputs]), each([self.cells, self.outputs])
        self.biases = each([self.cells], "float32")
        self.extra = each([self.cells, extra]) if extra else [None] * 4
        self.peepholes = [None] * 3
        if self.peeps:
            self.peepholes = [weights(draw, [self.cells], type) for _ in range(3)]
            if self.couples:
                self.peepholes[0] = None
        self.projection = weights(draw, [self.outputs, self.cells], type) if self.projects else None
        self.bias = weights(draw, [self.outputs]) if self.projects and draw.chance(0.5) else None
        self.normalization = [None] * 4
        if normalizes:
            self.normalization = each([self.cells], "float32")

    def operands(self):
        return [*self.weights, *self.recurrent, *self.peepholes, *self.biases, self.projection, self.bias]


def clips(draw):
    return dict(cellClip=draw.choice([0.0, 0.0, 0.3]), projClip=draw.choice([0.0, 0.0, 0.2]))


def lstm(draw, type, x, outer, batch, name, **options):
    gates = Gates(draw, x.shape[-1], type, normalizes=draw.chance(0.3))
    # Without an activation, LiteRT takes what its memory happens to hold.
    options = dict(fusedActivationFunction=draw.choice([1, 4, 4, 4]), **clips(draw), **options)
    inputs = [x, *gates.operands(), state([batch, gates.outputs]), state([batch, gates.cells])]
    if any(gates.normalization):
        inputs += gates.normalization
    return Case(name, options, inputs, Tensor(outer + [gates.outputs]))


@operator("UNIDIRECTIONAL_SEQUENCE_LSTM", ("float32",), **FLOAT)
def sequence_lstm(draw, type):
    steps, batch, major = draw.integer(1, 5), draw.integer(1, 4), draw.chance(0.5)
    outer = [steps, batch] if major else [batch, steps]
    x = draw.fed(outer + [draw.integer(1, 20)], "float32")
    return lstm(draw, type, x, outer, batch, "UnidirectionalSequenceLSTMOptions", timeMajor=major)


@operator("UNIDIRECTIONAL_SEQUENCE_LSTM", ("hybrid",), **HYBRID)
def hybrid_sequence_lstm(draw, type):
    steps, batch, major = draw.integer(1, 5), draw.integer(1, 4), draw.chance(0.5)
    outer = [steps, batch] if major else [batch, steps]
    x = draw.fed(outer + [draw.integer(1, 20)], "float32")
    return lstm(draw, "int8", x, outer, batch, "UnidirectionalSequenceLSTMOptions", timeMajor=major)


@operator("LSTM", ("float32", "hybrid"), **FLOAT)
def step_lstm(draw, type):
    batch = draw.integer(1, 4)
    x = draw.fed([batch, draw.integer(1, 20)], "float32")
    return lstm(draw, "int8" if type == "hybrid" else type, x, [batch], batch, "LSTMOptions")


def words(draw, shape, scale, type="int16"):
    """Symmetric integers."""
    largest = np.iinfo(type).max if type != "int32" else 20000
    return Tensor(shape, type, scale, data=draw.rng.integers(-largest, largest + 1, shape))


@operator("UNIDIRECTIONAL_SEQUENCE_LSTM", ("int8",))
def integer_lstm(draw, type):
    steps, batch, major = draw.integer(1, 5), draw.integer(1, 4), draw.chance(0.5)
    inputs, cells = draw.integer(1, 20), draw.integer(1, 9)
    projects, couples, peeps, normalizes = (draw.chance(p) for p in (0.4, 0.3, 0.4, 0.4))
    # LiteRT's peepholes reach as many cells as there are outputs, of whichever row.
    projects = projects and not peeps
    outputs = draw.integer(1, 7) if projects else cells
    outer = [steps, batch] if major else [batch, steps]
    first = 1 if couples else 0
    x = draw.fed(outer + [inputs], "int8", scale=draw.log_uniform(0.003, 0.05))
    y_scale, y_zero = draw.log_uniform(0.002, 0.02), draw.integer(-20, 20)
    h_scale, h_zero = (draw.log_uniform(0.004, 0.02), draw.integer(-10, 10)) if projects else (y_scale, y_zero)

    def each(make):
        return [None] * first + [make() for _ in range(4 - first)]

    weights_ = each(lambda: words(draw, [cells, inputs], draw.log_uniform(0.001, 0.02), "int8"))
    recurrent = each(lambda: words(draw, [cells, outputs], draw.log_uniform(0.001, 0.02), "int8"))
    biases = each(lambda: words(draw, [cells], 1e-4, "int32"))
    peepholes = each(lambda: words(draw, [cells], draw.log_uniform(1e-5, 1e-4)))[:3] if peeps else [None] * 3
    projection = words(draw, [outputs, cells], draw.log_uniform(0.002, 0.02), "int8") if projects else None
    bias = words(draw, [outputs], 1e-4, "int32") if projects and draw.chance(0.5) else None
    hidden = Tensor([batch, outputs], "int8", y_scale, y_zero, variable=True)
    cell = Tensor([batch, cells], "int16", 2.0 ** -draw.integer(9, 14), variable=True)
    factors = each(lambda: words(draw, [cells], draw.log_uniform(1e-5, 1e-4))) if normalizes else []
    between = [Tensor([], "int16", draw.log_uniform(1e-4, 1e-2)) for _ in range(4)]
    options = dict(fusedActivationFunction=4, timeMajor=major, **clips(draw))
    return Case("UnidirectionalSequenceLSTMOptions", options,
                [x, *weights_, *recurrent, *peepholes, *biases, projection, bias, hidden, cell, *factors],
                Tensor(outer + [outputs], "int8", y_scale, y_zero),
                intermediates=between + [Tensor([], "int8", h_scale, h_zero)])


@operator("BIDIRECTIONAL_SEQUENCE_LSTM", ("float32",), **FLOAT)
def bidirectional_lstm(draw, type):
    steps, batch, major, merges = draw.integer(1, 5), draw.integer(1, 4), draw.chance(0.5), draw.chance(0.5)
    # With the batch first, LiteRT's results differ from what it gives for each row alone.
    major = True
    outer = [steps, batch] if major else [batch, steps]
    x = draw.fed(outer + [draw.integer(1, 9)], "float32")
    # LiteRT takes a second input for as wide as the first one.
    extra = draw.fed(outer + [x.shape[-1]], "float32") if draw.chance(0.4) else None
    weighs = extra is not None and draw.chance(0.5)
    size = extra.shape[-1] if weighs else 0
    forward = Gates(draw, x.shape[-1], type, size)
    second = extra.shape[-1] if extra is not None and not weighs else x.shape[-1]
    # LiteRT wants as many cells and outputs of both.
    backward = Gates(draw, second, type, size, like=forward)
    states = [state([batch, n]) for g in (forward, backward) for n in (g.outputs, g.cells)]
    inputs = [x, *forward.operands(), *backward.operands(), *states, extra, *forward.extra, *backward.extra]
    outputs = [Tensor(outer + [g.outputs]) for g in (forward, backward)]
    if merges:
        outputs = [Tensor(outer + [forward.outputs + backward.outputs])]
    options = dict(fusedActivationFunction=4, timeMajor=major, mergeOutputs=merges, **clips(draw))
    return Case("BidirectionalSequenceLSTMOptions", options, inputs, outputs)


def rnn_part(draw, inputs, batch, type):
    units = draw.integer(1, 9)
    return units, [weights(draw, [units, inputs], type), weights(draw, [units, units], type), weights(draw, [units]),
                   state([batch, units])]


def declare(name, options, is_step):
    @operator(name, ("float32", "hybrid"), **FLOAT)
    def one(draw, type):
        steps, batch, major = draw.integer(1, 5), draw.integer(1, 4), draw.chance(0.5)
        outer = [batch] if is_step else [steps, batch] if major else [batch, steps]
        x = draw.fed(outer + [draw.integer(1, 20)], "float32")
        units, parts = rnn_part(draw, x.shape[-1], batch, "int8" if type == "hybrid" else type)
        fields = dict(fusedActivationFunction=draw.choice(ACTIVATIONS))
        if not is_step:
            fields["timeMajor"] = major
        return Case(options, fields, [x, *parts], Tensor(outer + [units]))


@operator("BIDIRECTIONAL_SEQUENCE_RNN", ("float32",), **FLOAT)
def bidirectional_rnn(draw, type):
    steps, batch, major, merges = draw.integer(1, 5), draw.integer(1, 4), draw.chance(0.5), draw.chance(0.5)
    # Side by side and with the batch first, LiteRT's results differ from what it gives for each row alone.
    major = major or merges
    outer = [steps, batch] if major else [batch, steps]
    x = draw.fed(outer + [draw.integer(1, 9)], "float32")
    # LiteRT takes a second input for as wide as the first one.
    extra = draw.fed(outer + [x.shape[-1]], "float32") if draw.chance(0.4) else None
    weighs = extra is not None and draw.chance(0.5)
    one, first = rnn_part(draw, x.shape[-1], batch, type)
    two, second = rnn_part(draw, extra.shape[-1] if extra is not None and not weighs else x.shape[-1], batch, type)
    more = [weights(draw, [n, extra.shape[-1]]) if weighs else None for n in (one, two)]
    outputs = [Tensor(outer + [n]) for n in ([one + two] if merges else [one, two])]
    options = dict(fusedActivationFunction=draw.choice(ACTIVATIONS), timeMajor=major, mergeOutputs=merges)
    return Case("BidirectionalSequenceRNNOptions", options, [x, *first, *second, extra, *more], outputs)


@operator("SVDF", ("float32", "hybrid"), **FLOAT)
def svdf(draw, type):
    batch, inputs, units, rank, steps = (draw.integer(1, n) for n in (4, 20, 6, 3, 8))
    kind = "int8" if type == "hybrid" else type
    x = draw.fed([batch, inputs], "float32")
    operands = [x, weights(draw, [units * rank, inputs], kind), weights(draw, [units * rank, steps], kind),
                weights(draw, [units]) if draw.chance(0.6) else None, state([batch, units * rank * steps])]
    return Case("SVDFOptions", dict(rank=rank, fusedActivationFunction=draw.choice([0, 1])), operands,
                Tensor([batch, units]))


@operator("SVDF", ("int8",))
def integer_svdf(draw, type):
    batch, inputs, units, rank, steps = (draw.integer(1, n) for n in (4, 20, 6, 3, 8))
    x = draw.fed([batch, inputs], "int8")
    features = weights(draw, [units * rank, inputs], "int8")
    time = Tensor([units * rank, steps], "int16", draw.log_uniform(1e-5, 1e-3),
                  data=draw.rng.integers(-32767, 32768, [units * rank, steps]))
    memory = Tensor([batch, units * rank * steps], "int16", draw.log_uniform(1e-4, 1e-2), variable=True)
    scale = float(memory.scale[0] * time.scale[0])
    bias = Tensor([units], "int32", scale, data=draw.rng.integers(-5000, 5000, units)) if draw.chance(0.6) else None
    return Case("SVDFOptions", dict(rank=rank, fusedActivationFunction=1), [x, features, time, bias, memory],
                Tensor([batch, units], "int8", scale * draw.log_uniform(1e3, 1e7), draw.zero("int8")))


@operator("L2_NORMALIZATION", ("float32",), **FLOAT)
def l2_normalization(draw, type):
    x = draw.fed(draw.shape(draw.integer(2, 4), most=4), type)
    return Case("L2NormOptions", {}, [x], Tensor(x.shape))


@operator("RFFT2D", ("float32",), **FLOAT)
def rfft2d(draw, type):
    x = draw.fed(draw.shape(draw.integer(2, 4), largest=17), type)
    height, width = draw.choice([1, 2, 4, 8, 16]), draw.choice([2, 4, 8, 16, 32])
    return Case("Rfft2dOptions", {}, [x, draw.constant([height, width])],
                Tensor(x.shape[:-2] + [height, width // 2 + 1], "complex64"))


def boxes(draw, count):
    corners = draw.rng.uniform(0, 1, (count, 2))
    sizes = draw.rng.uniform(0.02, 0.5, (count, 2))
    return np.concatenate([corners, corners + sizes], 1).astype(np.float32)


def declare_suppression(name, is_soft):
    @operator(name, ("float32",), **FLOAT)
    def one(draw, type):
        count, most = draw.integer(1, 40), draw.integer(1, 12)

        def scalar(value):
            return Tensor([], data=np.float32(value))

        inputs = [Tensor([count, 4], feed=boxes(draw, count)),
                  Tensor([count], feed=draw.rng.permutation(np.linspace(0.05, 1, count)).astype(np.float32)),
                  Tensor([], "int32", data=most), scalar(draw.rng.uniform(0.1, 0.9)), scalar(draw.rng.uniform(0, 0.6))]
        outputs = [Tensor([most], "int32"), Tensor([], "int32")]
        if is_soft:
            inputs.append(scalar(draw.choice([0.0, 0.3, 0.8])))
            outputs.insert(1, Tensor([most]))
        return Case(None, {}, inputs, outputs)


@operator("TFLite_Detection_PostProcess", ("float32",), **FLOAT)
def post_process(draw, type):
    count, classes, background = draw.integer(2, 30), draw.integer(1, 5), draw.choice([0, 1])
    most, per_box, regular = draw.integer(1, 10), draw.integer(1, 2), draw.chance(0.5)
    scores = draw.rng.permutation(np.linspace(0.01, 0.99, count * (classes + background))).astype(np.float32)
    anchors = np.concatenate([draw.rng.uniform(0, 1, (count, 2)), draw.rng.uniform(0.1, 0.5, (count, 2))], 1)
    b = flexbuffers.Builder()
    with b.Map():
        b.Int("max_detections", most)
        b.Int("max_classes_per_detection", per_box)
        b.Int("detections_per_class", draw.integer(1, 8))
        b.Bool("use_regular_nms", regular)
        b.Float("nms_score_threshold", draw.rng.uniform(0, 0.6))
        b.Float("nms_iou_threshold", draw.rng.uniform(0.2, 0.8))
        b.Int("num_classes", classes)
        for key, value in zip("yxhw", (10.0, 10.0, 5.0, 5.0)):
            b.Float(key + "_scale", value)
    rows = most * per_box
    inputs = [draw.fed([1, count, 4], "float32"),
              Tensor([1, count, classes + background], feed=scores), Tensor([count, 4], data=anchors)]
    outputs = [Tensor([1, rows, 4]), Tensor([1, rows]), Tensor([1, rows]), Tensor([1])]

    def valid(results):
        """Without what stands behind the last detection, which LiteRT leaves as it finds it."""
        number = int(results[3][0]) * (1 if regular else per_box)
        used = [i for i in range(number) if regular or i % per_box < classes]
        return [results[0][:, used], results[1][:, used], results[2][:, used], results[3]]

    return Case(None, {}, inputs, outputs, custom=bytes(b.Finish()), valid=valid)


declare("RNN", "RNNOptions", True)
declare("UNIDIRECTIONAL_SEQUENCE_RNN", "SequenceRNNOptions", False)
declare_suppression("NON_MAX_SUPPRESSION_V4", False)
declare_suppression("NON_MAX_SUPPRESSION_V5", True)
