"""Compares pairs of models: LIST has a model and what it was packed into in each line.

    compare.py LIST          field by field: after parsing, both have to give the same deterministic serialization; real
                             models (those that are not operator tests) are also run
    compare.py LIST fresh    by their outputs in onnxruntime alone
"""

import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8, "tensor(double)": np.float64}
# Open extents that cannot be 1: voice detectors take 512 samples at a time, and the sampling rate in `sr`.
SIZES = {"input": 512}
fresh = len(sys.argv) > 2
options = onnxruntime.SessionOptions()
options.log_severity_level = 4


def parse(path):
    with open(path, "rb") as file:
        data = file.read()
    return data, onnx.ModelProto.FromString(data).SerializeToString(deterministic=True)


def session_of(path):
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def feeds_for(session, path):
    random = np.random.default_rng(7)
    feeds = {}
    for index, value in enumerate(session.get_inputs()):
        given = os.path.join(os.path.dirname(path), f"test_data_set_0/input_{index}.pb")
        if os.path.exists(given):
            with open(given, "rb") as file:
                feeds[value.name] = numpy_helper.to_array(onnx.TensorProto.FromString(file.read()))
        else:
            shape = [size if isinstance(size, int) else SIZES.get(value.name, 1) for size in value.shape]
            feeds[value.name] = (random.random(shape) * 2).astype(TYPES[value.type])
            if value.name == "sr":
                feeds[value.name] = np.array(16000, np.int64)
    return feeds


def is_same_output(before, after):
    """None if onnxruntime cannot run the model as it was."""
    try:
        session = session_of(before)
        feeds = feeds_for(session, before)
        expected = session.run(None, feeds)
    except Exception:
        return None
    try:
        found = session_of(after).run(None, feeds)
    except Exception as error:
        print(f"{before}: {error}")
        return False
    return all(
        np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f") for a, b in zip(expected, found, strict=True))


equal = same_bytes = different = ran = 0
for line in open(sys.argv[1]):
    before, after = line.rstrip("\n").split("\t")
    (raw, left), (repacked, right) = parse(before), parse(after)
    if left == right:
        equal += 1
        same_bytes += raw == repacked
    elif not fresh:
        different += 1
        print(f"{before}: fields differ")
        continue
    if left != right or (not fresh and os.path.basename(before) != "model.onnx"):
        same = is_same_output(before, after)
        ran += same is not None
        if same is False:
            different += 1
            print(f"{before}: outputs differ in onnxruntime")
print(f"{equal} equal field by field, {same_bytes} of them byte for byte; {ran} run, with equal outputs but for {different}")
sys.exit(different > 0)
