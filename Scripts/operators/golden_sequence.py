"""Writes the golden models of sequence operators; see Scripts/make-golden-sequence."""

import importlib
import json
import os
import sys
import zlib

import numpy as np
import onnx
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto as T, helper as h
from onnx.reference import ReferenceEvaluator

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from draw import Draw
from engines import RESOLVERS
from model import pack
from registry import ROWS

importlib.import_module("families.sequence")
rng = np.random.default_rng(77)
cases, blob = [], bytearray()


def put(data):
    start = len(blob)
    blob.extend(data)
    blob.extend(b"\0" * (-len(blob) % 8))
    return [start, len(data)]


def record(name, format, model, runs, outputs, exact, source):
    """`runs` holds the inputs of each run in the graph's order, `outputs` the results of the last one."""
    cases.append({
        "name": name, "format": format, "exact": exact, "source": source, "model": put(model),
        "runs": [[put(np.ascontiguousarray(x).tobytes()) for x in run] for run in runs],
        "outputs": [{"data": put(np.ascontiguousarray(y).tobytes()), "type": str(y.dtype), "shape": list(y.shape)}
                    for y in outputs]})


# ---- TFLite

def litert(row, index):
    case = row.function(Draw(zlib.crc32(f"golden {row.operator} {row.type} {index}".encode())), row.type)
    case.operator = row.operator
    model, feeds, names = pack([case])
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=RESOLVERS["reference"], num_threads=1)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()
    has_state = any(t is not None and t.variable for t in case.inputs)
    runs = []
    for run in range(3 if has_state else 1):
        # What is fed last is what the drawing chose.
        inputs = [feeds[d["name"]] if run == 0 else np.roll(feeds[d["name"]], run) for d in details]
        runs.append(inputs)
        for detail, x in zip(details, inputs):
            interpreter.set_tensor(detail["index"], x)
        interpreter.invoke()
    found = {d["name"]: interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()}
    record(f"{row.operator} {row.type} {index}", "tflite", model, runs, [found[n] for n in names[0]],
           row.tolerance is None, "LiteRT")


for row in ROWS:
    if row.function.__module__ == "families.sequence":
        # What stands behind the last detection is not LiteRT's to tell.
        for index in range(0 if row.operator == "TFLite_Detection_PostProcess" else 2):
            litert(row, index)


# ---- ONNX

def floats(*shape, spread=1.0):
    return (rng.normal(size=shape) * spread).astype(np.float32)


def onnx_case(name, type_, inputs, outputs, opset=23, domain="", constants=(), reference=False, extra=None, **attributes):
    """`inputs` are arrays, fed unless they are among `constants`; None is an operand that is left out."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    fed = [(n, x) for i, (n, x) in enumerate(zip(names, inputs)) if x is not None and i not in constants]
    results = [f"y{i}" if o else "" for i, o in enumerate(outputs)]
    node = h.make_node(type_, names, results, domain=domain, **attributes)
    infos = [h.make_tensor_value_info(n, h.np_dtype_to_tensor_dtype(x.dtype), x.shape) for n, x in fed]
    graph = h.make_graph([node], "g", infos, [h.make_empty_tensor_value_info(r) for r in results if r],
                         [onnx.numpy_helper.from_array(inputs[i], names[i]) for i in constants])
    opsets = [h.make_opsetid("", opset)] + ([h.make_opsetid(domain, extra or 1)] if domain else [])
    model = h.make_model(graph, opset_imports=opsets, ir_version=10)
    source = "onnxruntime"
    try:
        if reference:
            raise ValueError
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        found = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, dict(fed))
    except Exception:
        source = "onnx.reference"
        found = ReferenceEvaluator(model).run(None, dict(fed))
    # The evaluator computes some results in double precision.
    found = [y.astype(np.float32) if y.dtype == np.float64 else y for y in map(np.asarray, found)]
    given = iter(found)
    del graph.output[:]
    for result in results:
        if result:
            y = next(given)
            graph.output.append(h.make_tensor_value_info(result, h.np_dtype_to_tensor_dtype(y.dtype), None))
    model = h.make_model(graph, opset_imports=opsets, ir_version=10)
    record(f"{name}", "onnx", model.SerializeToString(), [[x for _, x in fed]], found, found[0].dtype.kind != "f", source)


GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
FUNCTIONS = {"RNN": ["Relu"], "GRU": ["HardSigmoid", "Softsign"], "LSTM": ["Sigmoid", "Tanh", "Elu"]}
for kind, gates in GATES.items():
    for index, direction in enumerate(["forward", "reverse", "bidirectional", "bidirectional"]):
        steps, batch, inputs, hidden = 4, 3, 5, 4
        d = 2 if direction == "bidirectional" else 1
        operands = [floats(steps, batch, inputs), floats(d, gates * hidden, inputs, spread=0.4),
                    floats(d, gates * hidden, hidden, spread=0.4)]
        attributes = dict(direction=direction, hidden_size=hidden)
        if index > 0:
            operands += [floats(d, 2 * gates * hidden, spread=0.3), np.array([4, 2, 3], np.int32),
                         floats(d, batch, hidden)]
            if kind == "LSTM":
                operands += [floats(d, batch, hidden), floats(d, 3 * hidden, spread=0.5)]
        if index == 3:
            attributes["activations"] = FUNCTIONS[kind] * d
            attributes["clip"] = 0.7
            if kind == "GRU":
                attributes["linear_before_reset"] = 1
            if kind == "LSTM":
                operands = operands[:7]
        onnx_case(f"{kind} {index}", kind, operands, [1] * (3 if kind == "LSTM" else 2), opset=14, **attributes)
onnx_case("LSTM batch first", "LSTM", [floats(3, 4, 5), floats(1, 16, 5), floats(1, 16, 4)], [1, 1], opset=14, layout=1,
          hidden_size=4, reference=True)

q, k, v = floats(2, 4, 3, 8), floats(2, 2, 5, 8), floats(2, 2, 5, 6)
past = [floats(2, 2, 4, 8), floats(2, 2, 4, 6)]
onnx_case("Attention plain", "Attention", [q, k, v], [1])
onnx_case("Attention causal, scale", "Attention", [q, k, v], [1], is_causal=1, scale=0.2)
onnx_case("Attention bool mask", "Attention", [q, k, v, rng.integers(0, 2, (3, 5)).astype(bool)], [1], reference=True)
onnx_case("Attention mask, cap, past", "Attention", [q, k, v, floats(2, 1, 3, 9), *past], [1, 1, 1, 1], softcap=1.5,
          qk_matmul_output_mode=3, reference=True)
onnx_case("Attention packed, past", "Attention", [floats(2, 3, 32), floats(2, 5, 16), floats(2, 5, 12), None, *past],
          [1, 1, 1], q_num_heads=4, kv_num_heads=2, is_causal=1, reference=True)
onnx_case("Attention lengths", "Attention", [q, k, v, None, None, None, np.array([3, 5], np.int64)], [1], opset=24,
          reference=True)
onnx_case("RotaryEmbedding halves", "RotaryEmbedding",
          [floats(2, 3, 4, 8), floats(9, 4), floats(9, 4), rng.integers(0, 9, (2, 4))], [1])
onnx_case("RotaryEmbedding interleaved, part", "RotaryEmbedding", [floats(2, 4, 24), floats(2, 4, 2), floats(2, 4, 2)],
          [1], interleaved=1, num_heads=3, rotary_embedding_dim=4, reference=True)
onnx_case("RMSNormalization", "RMSNormalization", [floats(2, 3, 7), floats(7)], [1])
onnx_case("RMSNormalization two axes", "RMSNormalization", [floats(2, 3, 7), floats(3, 1)], [1], axis=1, reference=True)
onnx_case("InstanceNormalization", "InstanceNormalization", [floats(2, 3, 4, 5), floats(3), floats(3)], [1], opset=17)
onnx_case("GroupNormalization", "GroupNormalization", [floats(2, 6, 4, 5), floats(6), floats(6)], [1], opset=21,
          num_groups=3, epsilon=1e-2)
for p in (1, 2):
    onnx_case(f"LpNormalization {p}", "LpNormalization", [floats(2, 3, 4)], [1], opset=17, p=p, axis=1)
onnx_case("MeanVarianceNormalization", "MeanVarianceNormalization", [floats(2, 3, 4, 5)], [1], opset=13)
onnx_case("BatchNormalization training", "BatchNormalization",
          [floats(4, 3, 5), floats(3), floats(3), floats(3), np.abs(floats(3))], [1, 1, 1], opset=15, training_mode=1,
          momentum=0.7, reference=True)
onnx_case("BatchNormalization computed", "BatchNormalization",
          [floats(4, 3, 5), floats(3), floats(3), floats(3), np.abs(floats(3))], [1], opset=15)
classes = rng.integers(0, 5, (3, 4))
for reduction in ("none", "sum", "mean"):
    onnx_case(f"SoftmaxCrossEntropyLoss {reduction}", "SoftmaxCrossEntropyLoss",
              [floats(3, 5, 4), classes, np.abs(floats(5))], [1, 1], opset=17, reduction=reduction, ignore_index=2)
    onnx_case(f"NegativeLogLikelihoodLoss {reduction}", "NegativeLogLikelihoodLoss",
              [floats(3, 5, 4), classes.astype(np.int32)], [1], opset=17, reduction=reduction, ignore_index=2)
onnx_case("Dropout", "Dropout", [floats(3, 4)], [1, 1], opset=17)
for length in (8, 12, 7):
    onnx_case(f"DFT {length}", "DFT", [floats(2, 9, 1), np.int64(length)], [1], opset=17, constants=(1,), axis=1,
              onesided=1)
onnx_case("DFT inverse", "DFT", [floats(2, 6, 2)], [1], opset=17, axis=1, inverse=1)
onnx_case("STFT", "STFT", [floats(2, 40, 1), np.int64(5), floats(12), np.int64(12)], [1], opset=17, constants=(1, 3))
for window in ("Hann", "Hamming", "Blackman"):
    onnx_case(f"{window}Window", window + "Window", [np.int64(9)], [1], opset=17, constants=(0,), periodic=0)
onnx_case("MelWeightMatrix", "MelWeightMatrix",
          [np.int64(8), np.int64(16), np.int64(8192), np.float32(0), np.float32(4096)], [1], opset=17,
          constants=(0, 1, 2, 3, 4))
corners = rng.uniform(0, 1, (2, 12, 2)).astype(np.float32)
onnx_case("NonMaxSuppression", "NonMaxSuppression",
          [np.concatenate([corners, corners + rng.uniform(0.1, 0.4, (2, 12, 2)).astype(np.float32)], 2),
           rng.permutation(np.linspace(0, 1, 72)).reshape(2, 3, 12).astype(np.float32), np.array([4], np.int64),
           np.array([0.3], np.float32), np.array([0.2], np.float32)], [1], opset=17)
onnx_case("TfIdfVectorizer", "TfIdfVectorizer", [rng.integers(1, 5, (2, 9))], [1], opset=17, mode="TFIDF",
          min_gram_length=1, max_gram_length=2, max_skip_count=2, ngram_counts=[0, 3], ngram_indexes=[0, 2, 1, 4, 3],
          pool_int64s=[1, 3, 4, 1, 2, 3, 3], weights=[1.0, 0.5, 2.0, 3.0, 0.25])
onnx_case("SwiGLU", "SwiGLU", [floats(3, 7), floats(3, 7)], [1], opset=28, alpha=1.3)
onnx_case("LinearAttention", "LinearAttention",
          [floats(2, 5, 12), floats(2, 5, 6), floats(2, 5, 8), floats(2, 2, 3, 4), -np.abs(floats(2, 5, 2)),
           np.abs(floats(2, 5, 2))], [1, 1], opset=27, update_rule="gated_delta", q_num_heads=4, kv_num_heads=2)
onnx_case("Binarizer", "Binarizer", [floats(3, 4)], [1], opset=17, domain="ai.onnx.ml", threshold=0.1)
moments = [floats(4), floats(4), np.abs(floats(4))]
onnx_case("Adam", "Adam", [np.float32(0.1), np.int64(3), *moments, np.abs(floats(4))], [1, 1, 1], opset=17,
          domain="ai.onnx.preview.training", norm_coefficient=0.01)
onnx_case("Momentum", "Momentum", [np.float32(0.1), np.int64(0), *moments], [1, 1], opset=17,
          domain="ai.onnx.preview.training", alpha=0.9, beta=0.5, norm_coefficient=0.01, mode="nesterov")
onnx_case("Adagrad", "Adagrad", [np.float32(0.1), np.int64(2), *moments], [1, 1], opset=17,
          domain="ai.onnx.preview.training", decay_factor=0.1, epsilon=1e-5, norm_coefficient=0.01)

with open(os.path.join(sys.argv[1], "sequence.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
with open(os.path.join(sys.argv[1], "sequence.bin"), "wb") as file:
    file.write(blob)
print(len(cases), "cases,", len(blob), "bytes")
