"""Compares `optimize run` with LiteRT and onnxruntime: see Scripts/check-models.

    compare_engines.py OPTIMIZE LIMIT FOLDER...
"""

import glob
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

command, limit, folders = sys.argv[1], float(sys.argv[2]), sys.argv[3:]


def random(rng, shape, dtype):
    if np.issubdtype(dtype, np.floating):
        return rng.uniform(-1, 1, shape).astype(dtype)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype in (np.int8, np.uint8):
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max + 1, shape).astype(dtype)
    return rng.integers(0, 2, shape).astype(dtype)


def litert(path, rng):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # Integers as the reference kernels compute them, which is what `optimize run` does by default.
    interpreter = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    feed = {}
    for detail in interpreter.get_input_details():
        feed[detail["name"]] = random(rng, detail["shape"], detail["dtype"])
        interpreter.set_tensor(detail["index"], feed[detail["name"]])
    interpreter.invoke()
    return feed, [(d["name"], interpreter.get_tensor(d["index"])) for d in interpreter.get_output_details()]


# Where a model leaves the extents of its inputs open, and only some make sense.
SHAPES = {"silero_vad_op18_ifless.onnx": {"input": [1, 576], "state": [2, 1, 128]}}


def onnxruntime_(path, rng):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64,
             "tensor(int32)": np.int32, "tensor(bool)": np.bool_, "tensor(uint8)": np.uint8,
             "tensor(int8)": np.int8, "tensor(float16)": np.float16}
    feed = {}
    for value in session.get_inputs():
        shape = SHAPES.get(os.path.basename(path), {}).get(value.name)
        shape = shape or [d if isinstance(d, int) and d > 0 else 1 for d in value.shape]
        feed[value.name] = random(rng, shape, types[value.type])
        if value.name == "sr":
            feed[value.name] = np.full(shape, 16000, np.int64)
    return feed, list(zip([o.name for o in session.get_outputs()], session.run(None, feed)))


def ours(path, feed, folder):
    """The outputs by name, or why there are none."""
    np.savez(f"{folder}/in.npz", **feed)
    done = subprocess.run(
        [command, "run", path, "--input", f"{folder}/in.npz", "--output", f"{folder}/out.npz", "--force"],
        capture_output=True, text=True)
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["no output"])[-1]
    return dict(np.load(f"{folder}/out.npz")), None


def difference(got, expected):
    if got.shape != expected.shape:
        return f"shape {list(got.shape)}, not {list(expected.shape)}"
    if got.size == 0:
        return 0.0
    a, b = got.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return "not a number"
    scale = max(1e-6, np.nanmax(np.abs(b)))
    return float(np.nanmax(np.abs(a - b)) / scale)


failed, compared = 0, 0
paths = sorted(p for folder in folders for kind in ("tflite", "onnx") for p in glob.glob(f"{folder}/**/*.{kind}", recursive=True))
with tempfile.TemporaryDirectory() as folder:
    for path in paths:
        name = os.path.basename(path)
        try:
            engine = litert if path.endswith(".tflite") else onnxruntime_
            feed, expected = engine(path, np.random.default_rng(5))
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            print(f"{name:44} the engine refuses it: {reason[:80]}", flush=True)
            # Custom operators are not the engine's; anything else it refuses is a mistake of this check.
            failed += "custom op" not in reason
            continue
        compared += 1
        got, error = ours(path, feed, folder)
        if error:
            print(f"{name:44} REFUSED {error}", flush=True)
            failed += 1
            continue
        parts, worst = [], 0.0
        for index, (output, value) in enumerate(expected):
            found = got.get(output)
            d = "missing" if found is None else difference(found, value)
            if isinstance(d, str) or (value.dtype.kind == "f" and d > limit) or (value.dtype.kind in "iu" and d > 0):
                worst = 1
            parts.append(d if isinstance(d, str) else f"{d:.1e}{'' if value.dtype.kind == 'f' else ' ' + value.dtype.name}")
        failed += worst
        print(f"{name:44} {'FAILED ' if worst else ''}{', '.join(parts)}", flush=True)
print(f"{compared} of {len(paths)} models compared, {int(failed)} failed")
sys.exit(1 if failed or not compared else 0)
