"""Random models of one integer operator each, in onnxruntime and in our core, compared bit for bit.

  integers.py check OPTIMIZE [--count N] [--only OPERATOR] [--seed S]
  integers.py golden FOLDER          writes integers.json and integers.bin for the tests

Many operators share a file, each with inputs and outputs of its own, so that a thousand of them take seconds. Needs
onnx, onnxruntime and numpy on a processor with AVX-512 VNNI, where onnxruntime's integer products are exact.
"""
import argparse, collections, json, os, subprocess, tempfile
import numpy as np, onnx, onnxruntime
from onnx import TensorProto as T, helper as h, numpy_helper

MS = "com.microsoft"


class Draw:
    """A file of operators, and what is fed to them."""
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.feeds, self.outputs, self.groups = [], [], {}, [], []
        self.count = 0
        self.words = []

    def name(self):
        self.count += 1
        return f"t{self.count}"

    def const(self, array, dtype=None):
        n = self.name()
        self.constants.append(numpy_helper.from_array(np.asarray(array, dtype), n))
        return n

    def feed(self, array):
        n = self.name()
        self.feeds[n] = array
        return n

    def op(self, type_, inputs, outputs=1, domain="", **attributes):
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(h.make_node(type_, inputs, names, domain=domain, **attributes))
        self.words.append(f"{type_} {attributes}")
        return names[0] if outputs == 1 else names

    # Draws

    def coin(self, p=0.5):
        return bool(self.rng.random() < p)

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def int(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def kind(self):
        return self.pick(np.uint8, np.int8)

    def scale(self, low=1e-3, high=0.3):
        return np.float32(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def zero(self, kind):
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        return np.asarray(self.pick(low, high, 0 if kind == np.int8 else 128, self.int(low, high)), kind)

    def bytes(self, shape, kind):
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        if self.coin(0.2):  # Nothing but the ends.
            return self.rng.choice(np.array([low, high], kind), size=shape)
        return self.rng.integers(low, high + 1, shape).astype(kind)

    def operand(self, shape, kind, constant=False):
        data = self.bytes(shape, kind)
        return self.const(data) if constant else self.feed(data)

    def parameters(self, kind):
        return [self.const(self.scale()), self.const(self.zero(kind))]

    def note(self, *words):
        self.words[-1] += " " + " ".join(str(w) for w in words)


def windows(d, rank, size):
    """kernel, strides, dilations, pads that fit the extents; as attributes."""
    kernel = [d.int(1, min(4, s)) for s in size]
    dilations = [1 if k == 1 or (k - 1) * 2 >= s or d.coin(0.7) else 2 for k, s in zip(kernel, size)]
    a = dict(kernel_shape=kernel, strides=[d.int(1, 3) for _ in size])
    auto = d.pick("NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
    if auto == "NOTSET":
        a["pads"] = [d.int(0, k - 1) for k in kernel] + [d.int(0, k - 1) for k in kernel]
    else:
        a["auto_pad"] = auto
        dilations = [1] * rank
    return a, dilations


def conv(d, integer=False):
    rank = d.pick(2, 2, 2, 1, 3) if not integer else d.pick(2, 2, 1)
    size = [d.int(3, 9) for _ in range(rank)]
    a, dilations = windows(d, rank, size)
    a["dilations"] = dilations
    groups = d.pick(1, 1, 1, 2, 3, "depthwise")
    inner, outer = d.int(1, 20), d.int(1, 20)
    c, groups = (inner, inner) if groups == "depthwise" else (inner * groups, groups)
    o = groups * (d.int(1, 3) if groups > 1 else outer)
    kx = d.kind()
    kw = np.int8 if kx == np.int8 or d.coin(0.7) else np.uint8
    n = d.pick(1, 1, 2)
    x = d.operand([n, c] + size, kx)
    w = d.operand([o, c // groups] + a["kernel_shape"], kw, constant=d.coin(0.9))
    plain = 0 if kw == np.int8 else 128
    if integer:
        kx, kw = d.pick((np.uint8, np.uint8), (np.uint8, np.int8)) if False else (kx, kw)
        zero = [d.const(d.zero(kx)), d.const(d.zero(kw))]
        y = d.op("ConvInteger", [x, w] + zero[:d.pick(0, 1, 2)], group=groups, **a)
        d.note(kx.__name__, kw.__name__)
        return [y]
    per_channel = d.coin(0.6)
    ws = np.array([d.scale(1e-3, 0.05) for _ in range(o)], np.float32) if per_channel else d.scale(1e-3, 0.05)
    odd = d.coin(0.15)
    wz = np.full(o if per_channel else [], d.zero(kw) if odd else plain, kw)
    s, z = d.scale(), d.zero(kx)
    fan = (c // groups) * int(np.prod(a["kernel_shape"]))
    ys = np.float32(s * np.mean(ws) * 70 * 70 * np.sqrt(fan) / d.pick(40, 100, 400, 3))
    inputs = [x, d.const(s), d.const(z), w, d.const(ws), d.const(wz), d.const(ys), d.const(d.zero(kx))]
    if d.coin(0.6):
        inputs.append(d.const(d.rng.integers(-30000, 30000, o), np.int32))
    y = d.op("QLinearConv", inputs, group=groups, **a)
    d.note(kx.__name__, kw.__name__, "x", [n, c] + size, "o", o, "per channel" if per_channel else "", "odd" if odd else "")
    return [y]


def matmul(d, integer=False):
    m, k, n = d.int(1, 20), d.int(1, 70), d.int(1, 40)
    batches = d.pick(([], []), ([], []), ([2], []), ([2], [2]), ([2, 1], [3]), ([], [3]))
    ka = d.kind()
    kb = np.int8 if ka == np.int8 or d.coin(0.7) else np.uint8
    constant = d.coin(0.7)
    a, b = d.operand(batches[0] + [m, k], ka), d.operand(batches[1] + [k, n], kb, constant=constant)
    per_column = d.coin(0.4) and not batches[1]
    plain = 0 if kb == np.int8 else 128
    bz = np.full(n if per_column else [], d.zero(kb) if d.coin(0.4) else plain, kb)
    if integer:
        zero = [d.const(d.zero(ka)), d.const(bz)]
        y = d.op("MatMulInteger", [a, b] + zero[:d.pick(0, 1, 2)])
        d.note(ka.__name__, kb.__name__, batches, (m, k, n))
        return [y]
    bs = np.array([d.scale(1e-3, 0.05) for _ in range(n)], np.float32) if per_column else d.scale(1e-3, 0.05)
    s = d.scale()
    ys = np.float32(s * np.mean(bs) * 70 * 70 * np.sqrt(k) / d.pick(40, 100, 400, 3))
    y = d.op("QLinearMatMul", [
        a, d.const(s), d.const(d.zero(ka)), b, d.const(bs), d.const(bz), d.const(ys), d.const(d.zero(ka))])
    d.note(ka.__name__, kb.__name__, batches, (m, k, n), "constant" if constant else "", "per column" if per_column else "")
    return [y]


def gemm(d):
    m, k, n = d.int(1, 20), d.int(1, 70), d.int(1, 40)
    ka = d.kind()
    kb = np.int8 if ka == np.int8 or d.coin(0.7) else np.uint8
    ta, tb = d.int(0, 1), d.int(0, 1)
    a = d.operand([k, m] if ta else [m, k], ka)
    constant = d.coin(0.8)
    b = d.operand([n, k] if tb else [k, n], kb, constant=constant)
    per_column = d.coin(0.4)
    plain = 0 if kb == np.int8 else 128
    bs = np.array([d.scale(1e-3, 0.05) for _ in range(n)], np.float32) if per_column else d.scale(1e-3, 0.05)
    bz = np.full(n if per_column else [], d.zero(kb) if d.coin(0.3) else plain, kb)
    s, real, alpha = d.scale(), d.coin(0.3), d.pick(1.0, 1.0, 0.5, 0.37)
    ys = np.float32(s * np.mean(bs) * 70 * 70 * np.sqrt(k) / d.pick(40, 100, 400, 3))
    bias = d.const(d.rng.integers(-30000, 30000, d.pick([n], [1, n], [])), np.int32) if d.coin(0.6) else ""
    inputs = [a, d.const(s), d.const(d.zero(ka)), b, d.const(bs), d.const(bz), bias]
    if not real:
        inputs += [d.const(ys), d.const(d.zero(ka))]
    y = d.op("QGemm", inputs, domain=MS, transA=ta, transB=tb, alpha=alpha)
    d.note(ka.__name__, kb.__name__, (m, k, n), "constant" if constant else "", "per column" if per_column else "", "real" if real else "")
    return [y]


def binary(type_):
    def draw(d):
        shape = [d.int(1, 6) for _ in range(d.int(1, 4))]
        shapes = [shape, shape]
        if d.coin():
            k = d.int(0, 1)
            other = [1 if d.coin() else s for s in shape]
            shapes[k] = other[d.int(0, len(shape) - 1):] if d.coin() else other
        if d.coin(0.1):
            shapes[d.int(0, 1)] = []
        kind = d.kind()
        operands = []
        for s in shapes:
            operands += [d.operand(s, kind, constant=d.coin(0.15))] + d.parameters(kind)
        if operands[0] not in d.feeds and operands[3] not in d.feeds:
            operands[0] = d.operand(shapes[0], kind)
        ys = d.scale(1e-2, 0.5) if type_ == "QLinearAdd" else d.scale(1e-3, 0.5)
        y = d.op(type_, operands + [d.const(ys), d.const(d.zero(kind))], domain=MS)
        d.note(shapes, kind.__name__)
        return [y]
    return draw


def average(d):
    rank = d.pick(2, 2, 2, 1, 3)
    size = [d.int(3, 9) for _ in range(rank)]
    a, _ = windows(d, rank, size)
    if a.get("auto_pad", "").startswith("SAME"):
        # A stride beyond the window asks for less than no padding, which onnxruntime's real pool refuses.
        a["strides"] = [min(s, k) for s, k in zip(a["strides"], a["kernel_shape"])]
    if d.coin(0.3):
        a["count_include_pad"] = 1
    if d.coin(0.2) and "auto_pad" not in a:
        a["ceil_mode"] = 1
    kind = d.kind()
    shape = [d.pick(1, 2), d.int(1, 20)] + size
    last = d.coin(0.2) and "auto_pad" not in a
    if last:
        shape = [shape[0]] + size + [shape[1]]
        a["channels_last"] = 1
    y = d.op("QLinearAveragePool", [d.operand(shape, kind)] + d.parameters(kind) + d.parameters(kind), domain=MS, **a)
    d.note(shape, kind.__name__)
    return [y]


def global_average(d):
    rank, kind = d.pick(2, 2, 1, 3), d.kind()
    size = [d.int(1, 9) for _ in range(rank)]
    shape, last = [d.pick(1, 2), d.int(1, 20)] + size, d.coin(0.3)
    if last:
        shape = [shape[0]] + size + [shape[1]]
    y = d.op("QLinearGlobalAveragePool", [d.operand(shape, kind)] + d.parameters(kind) + d.parameters(kind),
             domain=MS, channels_last=int(last))
    d.note(shape, kind.__name__)
    return [y]


def concat(d):
    kind, rank = d.kind(), d.int(1, 4)
    shape, axis = [d.int(1, 6) for _ in range(rank)], d.int(-rank, rank - 1)
    y = d.parameters(kind)
    inputs = list(y)
    for k in range(d.int(1, 4)):
        s = list(shape)
        s[axis] = d.int(1, 6)
        inputs += [d.operand(s, kind, constant=k > 0 and d.coin(0.2))] + (y if d.coin(0.3) else d.parameters(kind))
    y = d.op("QLinearConcat", inputs, domain=MS, axis=axis)
    d.note(shape, kind.__name__)
    return [y]


def unary(type_, **ranges):
    def draw(d):
        kind = d.kind()
        a = {k: float(d.rng.uniform(*v)) for k, v in ranges.items()}
        y = d.op(type_, [d.operand([256], kind)] + d.parameters(kind) + d.parameters(kind), domain=MS, **a)
        d.note(kind.__name__)
        return [y]
    return draw


def softmax(d):
    kind, rank = d.kind(), d.int(1, 4)
    shape, opset = [d.int(1, 12) for _ in range(rank)], d.pick(12, 13)
    axis = d.int(-rank, rank - 1)
    if d.coin(0.1):
        shape[axis] = 300
    z = d.const(0 if kind == np.uint8 else -128, kind) if d.coin(0.7) else d.const(d.zero(kind))
    y = d.op("QLinearSoftmax", [d.operand(shape, kind)] + d.parameters(kind) + [
        d.const(np.float32(1 / 256) if d.coin() else d.scale(1e-3, 1e-2)), z], domain=MS, axis=axis, opset=opset)
    d.note(shape, kind.__name__)
    return [y]


def real(d, shape):
    return (d.rng.normal(size=shape) * d.scale(0.1, 30) + d.rng.normal() * 2).astype(np.float32)


def dynamic(d):
    x = real(d, [d.int(1, 6) for _ in range(d.int(1, 4))])
    if d.coin(0.1):
        x = abs(x) * d.pick(1, -1)
    if d.coin(0.05):
        x = x * 0
    return d.op("DynamicQuantizeLinear", [d.feed(x.astype(np.float32))], 3)


def quantize(d):
    kind, rank = d.kind(), d.int(1, 4)
    shape = [d.int(1, 8) for _ in range(rank)]
    axis = d.int(-rank, rank - 1)
    n = shape[axis] if d.coin(0.3) else None
    s = np.array([d.scale() for _ in range(n)], np.float32) if n else d.scale()
    z = np.array([d.zero(kind) for _ in range(n)], kind) if n else d.zero(kind)
    a = dict(axis=axis) if n else {}
    y = d.op("QuantizeLinear", [d.feed(real(d, shape)), d.const(s), d.const(z)], **a)
    d.note(shape, kind.__name__)
    return [y]


def dequantize(d):
    kind, rank = d.kind(), d.int(1, 4)
    shape = [d.int(1, 8) for _ in range(rank)]
    axis = d.int(-rank, rank - 1)
    n = shape[axis] if d.coin(0.3) else None
    s = np.array([d.scale() for _ in range(n)], np.float32) if n else d.scale()
    z = np.array([d.zero(kind) for _ in range(n)], kind) if n else d.zero(kind)
    y = d.op("DequantizeLinear", [d.operand(shape, kind), d.const(s), d.const(z)], **(dict(axis=axis) if n else {}))
    d.note(shape, kind.__name__)
    return [y]


def requantize(d):
    """Real numbers quantized twice, with nothing between."""
    kind, other = d.kind(), d.kind()
    x = d.feed(real(d, [4, 33]))
    a, b = d.parameters(kind), d.parameters(other)
    y = d.op("DequantizeLinear", [d.op("QuantizeLinear", [x] + a)] + a)
    y = d.op("DequantizeLinear", [d.op("QuantizeLinear", [y] + b)] + b)
    d.note(kind.__name__, other.__name__)
    return [y]


def requantize_bytes(d):
    """Bytes of one scale to bytes of another."""
    kind, other = d.kind(), d.kind()
    y = d.op("DequantizeLinear", [d.operand([256], kind)] + d.parameters(kind))
    y = d.op("QuantizeLinear", [y] + d.parameters(other))
    d.note(kind.__name__, other.__name__)
    return [y]


OPERATORS = {
    "QLinearConv": conv, "QLinearMatMul": matmul, "QGemm": gemm, "QLinearAdd": binary("QLinearAdd"),
    "QLinearMul": binary("QLinearMul"), "QLinearAveragePool": average, "QLinearGlobalAveragePool": global_average,
    "QLinearConcat": concat, "QLinearSigmoid": unary("QLinearSigmoid"),
    "QLinearLeakyRelu": unary("QLinearLeakyRelu", alpha=(0, 1.2)), "QLinearSoftmax": softmax,
    "ConvInteger": lambda d: conv(d, True), "MatMulInteger": lambda d: matmul(d, True),
    "DynamicQuantizeLinear": dynamic, "QuantizeLinear": quantize, "DequantizeLinear": dequantize,
    "Requantize": requantize, "RequantizeBytes": requantize_bytes,
}


def session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def build(d):
    inputs = [h.make_tensor_value_info(n, h.np_dtype_to_tensor_dtype(a.dtype), a.shape) for n, a in d.feeds.items()]
    outputs = [h.make_empty_tensor_value_info(n) for group in d.groups for n in group[1]]
    graph = h.make_graph(d.nodes, "g", inputs, outputs, d.constants)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17), h.make_opsetid(MS, 1)], ir_version=8)
    return model.SerializeToString()


def draw(operator, seed, count):
    """A file of `count` operators which onnxruntime takes, and its answers."""
    d = Draw(seed)
    while len(d.groups) < count:
        state = (list(d.nodes), list(d.constants), dict(d.feeds), list(d.words))
        outputs = OPERATORS[operator](d)
        one = Draw(0)
        one.nodes, one.groups = d.nodes[len(state[0]):], [(0, outputs)]
        one.constants = d.constants[len(state[1]):]
        one.feeds = {k: v for k, v in d.feeds.items() if k not in state[2]}
        try:
            session(build(one)).run(None, one.feeds)
            d.groups.append((d.words[-1], outputs))
        except Exception as e:  # Some draws are none that onnxruntime has a kernel for.
            d.nodes, d.constants, d.feeds, d.words = state
            d.refused = getattr(d, "refused", 0) + 1
            if os.environ.get("SHOW_REFUSED"):
                print("refused:", str(e)[:200])
    model = build(d)
    names = [n for group in d.groups for n in group[1]]
    return d, model, dict(zip(names, session(model).run(names, d.feeds)))


def check(args):
    failed = False
    for operator in [args.only] if args.only else OPERATORS:
        wrong, values, refused, done = collections.Counter(), 0, 0, 0
        with tempfile.TemporaryDirectory() as folder:
            for part in range(0, args.count, 100):
                d, model, wanted = draw(operator, args.seed + part, min(100, args.count - part))
                refused += getattr(d, "refused", 0)
                path, source, result = (os.path.join(folder, n) for n in ("m.onnx", "in.npz", "out.npz"))
                open(path, "wb").write(model)
                np.savez(source, **d.feeds)
                run = subprocess.run(
                    [args.optimize, "run", path, "--input", source, "--output", result, "--force"],
                    capture_output=True, text=True)
                if run.returncode:
                    wrong["not run: " + run.stderr.strip()[-160:]] += 1
                    continue
                found = np.load(result)
                for words, names in d.groups:
                    done += 1
                    for n in names:
                        values += wanted[n].size
                        if n not in found or found[n].dtype != wanted[n].dtype or found[n].shape != wanted[n].shape:
                            wrong[f"{words}: type or shape"] += 1
                        elif not np.array_equal(found[n], wanted[n], equal_nan=wanted[n].dtype.kind == "f"):
                            differing = found[n] != wanted[n]
                            worst = np.abs(found[n].astype(float) - wanted[n].astype(float)).max()
                            wrong[f"{words}: {differing.sum()} of {wanted[n].size}, by {worst:g}"] += 1
        failed |= bool(wrong)
        print(f"{operator}: {done} models, {values} values, {len(wrong)} differ ({refused} draws refused by onnxruntime)")
        for line in list(wrong)[:args.show]:
            print("   ", line)
    return int(failed)


def golden(args):
    cases, blob = [], bytearray()

    def put(data):
        start = len(blob)
        blob.extend(data)
        blob.extend(b"\0" * (-len(blob) % 8))
        return [start, len(data)]

    for operator in OPERATORS:
        d, model, wanted = draw(operator, 7, 6)
        cases.append({
            "name": operator, "exact": True, "model": put(model),
            "inputs": [put(a.tobytes()) for a in d.feeds.values()],
            "outputs": [{"data": put(wanted[n].tobytes()), "type": str(wanted[n].dtype), "shape": list(wanted[n].shape)}
                        for group in d.groups for n in group[1]]})
    with open(os.path.join(args.folder, "integers.bin"), "wb") as f:
        f.write(blob)
    with open(os.path.join(args.folder, "integers.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    print(f"{len(cases)} cases, {len(blob)} bytes")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True)
command = commands.add_parser("check")
command.add_argument("optimize")
command.add_argument("--count", type=int, default=1000)
command.add_argument("--only", choices=list(OPERATORS))
command.add_argument("--seed", type=int, default=1)
command.add_argument("--show", type=int, default=5)
command.set_defaults(run=check)
command = commands.add_parser("golden")
command.add_argument("folder")
command.set_defaults(run=golden)
arguments = parser.parse_args()
raise SystemExit(arguments.run(arguments))
