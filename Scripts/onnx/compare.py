"""Compares pairs of models field by field: after parsing, both have to give the same deterministic serialization.

Real models (those that are not operator tests) are also run in onnxruntime on the same random input.
"""

import os
import sys

import numpy as np
import onnx

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8, "tensor(double)": np.float64}


def canonical(path):
    with open(path, "rb") as file:
        data = file.read()
    return data, onnx.ModelProto.FromString(data).SerializeToString(deterministic=True)


def outputs(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(7)
    feeds = {}
    for value in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in value.shape]
        feeds[value.name] = (random.random(shape) * 2).astype(TYPES[value.type])
        if value.name == "sr":
            feeds[value.name] = np.array(16000, np.int64)
        elif value.name == "input" and len(shape) == 2 and shape == [1, 1]:
            feeds[value.name] = random.random([1, 512]).astype(np.float32)
    return session.run(None, feeds)


equal = same_bytes = different = ran = 0
for line in open(sys.argv[1]):
    before, after = line.rstrip("\n").split("\t")
    (raw, left), (repacked, right) = canonical(before), canonical(after)
    if left != right:
        different += 1
        print(f"{before}: fields differ")
        continue
    equal += 1
    same_bytes += raw == repacked
    if os.path.basename(before) != "model.onnx":
        first, second = outputs(before), outputs(after)
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True)):
            different += 1
            print(f"{before}: outputs differ in onnxruntime")
        ran += 1
print(f"{equal} models equal field by field, {same_bytes} of them byte for byte; {ran} run with equal outputs; {different} differ")
sys.exit(different > 0)
