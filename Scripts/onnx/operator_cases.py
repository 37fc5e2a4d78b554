"""Runs operator cases through `optimize run`: see Scripts/check-onnx-operators.

    operator_cases.py OPTIMIZE FOLDER PATTERN FAILURES [--update]
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import ml_dtypes
import numpy as np
import onnx
from onnx import numpy_helper

command, folder, pattern, failures = sys.argv[1:5]
update = "--update" in sys.argv

# Types that NumPy lacks, as `optimize run` stores them.
STORED = {
    "bfloat16": np.uint16, "float8_e4m3fn": np.uint8, "float8_e4m3fnuz": np.uint8, "float8_e5m2": np.uint8,
    "float8_e5m2fnuz": np.uint8, "float8_e8m0fnu": np.uint8, "float4_e2m1fn": np.uint8,
}
NARROW = {"int4": np.int8, "int2": np.int8, "uint4": np.uint8, "uint2": np.uint8}


def stored(array):
    name = array.dtype.name
    if name in NARROW:
        return array.astype(NARROW[name])
    return array.view(STORED[name]) if name in STORED else array


def restored(array, like):
    name = like.dtype.name
    if name in NARROW:
        return array.astype(like.dtype)
    return array.view(like.dtype) if name in STORED and array.dtype == STORED[name] else array


def tensors(case, kind):
    found = []
    while os.path.exists(path := f"{folder}/{case}/test_data_set_0/{kind}_{len(found)}.pb"):
        with open(path, "rb") as file:
            found.append(numpy_helper.to_array(onnx.TensorProto.FromString(file.read())))
    return found


def difference(got, expected, rtol, atol):
    if got.shape != expected.shape:
        return f"shape {list(got.shape)}, not {list(expected.shape)}"
    if got.dtype != expected.dtype:
        return f"type {got.dtype}, not {expected.dtype}"
    if got.size == 0 or expected.dtype.kind in "OSU":
        return None if (got == expected).all() else "strings differ"
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    a, b = got.astype(wide), expected.astype(wide)
    if np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True):
        return None
    return f"values differ by up to {np.nanmax(np.abs(a - b)):.3g}"


def failure(case, work):
    """None if the case passes, or why it does not."""
    model = onnx.load(f"{folder}/{case}/model.onnx")
    with open(f"{folder}/{case}/tolerance") as file:
        rtol, atol = map(float, file.read().split())
    inputs, outputs = tensors(case, "input"), tensors(case, "output")
    names = [value.name for value in model.graph.input]
    if any(array.dtype.kind in "OSU" for array in inputs):
        return "strings as input"
    source, target = f"{work}/{case}.in.npz", f"{work}/{case}.out.npz"
    arrays = dict(zip(names, map(stored, inputs)))
    # An archive without members is none.
    np.savez(source, **arrays) if arrays else np.savez(source, unused=np.zeros(1))
    run = subprocess.run(
        [command, "run", f"{folder}/{case}/model.onnx", "--input", source, "--output", target, "--threads", "1"],
        capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0:
        return (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[0].removeprefix("optimize: ")
    with np.load(target, allow_pickle=False) as file:
        results = [file[name] for name in file.files]
    os.remove(source)
    os.remove(target)
    if len(results) != len(outputs):
        return f"{len(results)} outputs, not {len(outputs)}"
    for got, expected in zip(results, outputs):
        if reason := difference(restored(got, expected), expected, rtol, atol):
            return reason
    return None


def main():
    cases = sorted(
        name for name in os.listdir(folder)
        if re.search(pattern, name) and os.path.exists(f"{folder}/{name}/model.onnx"))

    def attempt(case):
        try:
            return case, failure(case, work)
        except Exception as error:  # a case that cannot even be read has failed, too
            return case, f"{type(error).__name__}: {error}"

    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, cases))
    failed = {case: " ".join(reason.split()) for case, reason in results if reason}
    if failures and update:
        with open(failures, "w") as file:
            file.write("# Operator cases that fail, with the reason; written by Scripts/check-onnx-operators --update.\n")
            file.write(f"# {len(cases) - len(failed)} cases pass.\n")
            file.writelines(f"{case}\t{failed[case]}\n" for case in sorted(failed))
    known, least = set(), 0
    if failures:
        with open(failures) as file:
            lines = file.readlines()
        known = {line.split("\t")[0] for line in lines if not line.startswith("#")}
        # The count is recorded, too: a suite that lost cases must not pass for it.
        least = max((int(line.split()[1]) for line in lines if re.match(r"# \d+ cases pass", line)), default=0)
    fresh = sorted(set(failed) - known)
    if not failures:
        for case in sorted(failed):
            print(f"{case}\t{failed[case][:150]}")
        causes = Counter(re.sub(r"node \d+( '[^']*')?|'[^']*'|\d[\d.e+-]*", "…", reason)[:90] for reason in failed.values())
        for cause, count in causes.most_common(12):
            print(f"{count:5} {cause}")
    for case in fresh if failures else []:
        print(f"new failure: {case}: {failed[case]}")
    gone = sorted(known - set(failed)) if not pattern else []
    for case in gone:
        print(f"passes now, and is listed: {case}")
    print(f"{len(cases) - len(failed)} of {len(cases)} cases pass")
    if failures and not pattern and len(cases) - len(failed) < least:
        sys.exit(f"fewer than the {least} that are recorded")
    sys.exit(1 if failures and (fresh or gone) else 0)


main()
