"""Compares `optimize run` with LiteRT on random models of one operator each; see Scripts/check-operators."""

import argparse
import collections
import importlib
import os
import sys
import zlib

import numpy as np

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, folder)

from draw import Draw
from engines import LiteRT, Optimize, run_all
from registry import ROWS

for name in sorted(os.listdir(os.path.join(folder, "families"))):
    if name.endswith(".py"):
        importlib.import_module("families." + name[:-3])


def drawn(row, count):
    """The same cases each time, whatever else is drawn."""
    cases = []
    for index in range(count):
        case = row.function(Draw(zlib.crc32(f"{row.operator} {row.type} {index}".encode())), row.type)
        case.operator = case.operator or row.operator
        cases.append(case)
    return cases


def difference(found, expected, tolerance):
    """How many values differ, and by how much at most: steps of integers, shares of the largest value of floats."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return expected.size, float("inf")
    if expected.dtype.kind in "fc":
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        finite = np.abs(expected[np.isfinite(expected)])
        largest = max(float(finite.max()) if finite.size else 0, 1e-30)
        with np.errstate(invalid="ignore"):
            gap = np.where(same, 0, np.abs(found - expected) / largest)
        gap[np.isnan(gap)] = np.inf
        gap = np.where(gap <= (tolerance or 0), 0, gap)
        return int((gap > 0).sum()), float(gap.max(initial=0))
    gap = np.abs(found.astype(np.int64) - expected.astype(np.int64))
    return int((gap > 0).sum()), int(gap.max(initial=0))


def check(row, arguments, failures):
    cases = drawn(row, arguments.count)
    refused, declined = [], []
    resolver = row.oracle if arguments.numerics == "reference" else arguments.numerics
    expected = run_all(LiteRT(resolver), cases, refused)
    if expected is None:
        return None, refused[0][1]
    kept = [i for i, result in enumerate(expected) if result is not None]
    found = run_all(Optimize(arguments.optimize, arguments.numerics), [cases[i] for i in kept], declined)
    label = f"{row.operator} {row.type}"
    for reason, indices in grouped(refused).items() if arguments.verbose else ():
        print(f"  LiteRT refuses {len(indices)}: {reason}")
    for reason, indices in grouped(declined).items():
        failures.append(f"{label}: {len(indices)} models refused: {reason}")
    if found is None:
        return (len(kept), len(refused), len(kept), 0, 0, 0), None
    values, differing, largest, worst = 0, 0, 0, None
    for index, result in zip(kept, found):
        if result is None:
            continue
        for ours, theirs in zip(cases[index].valid(result), cases[index].valid(expected[index])):
            # XNNPACK makes one axis of several where all of them are 1.
            theirs = theirs.reshape(ours.shape) if theirs.size == ours.size == 1 else theirs
            values += theirs.size
            count, step = difference(ours, theirs, row.tolerance)
            differing += count
            if count and (worst is None or step > largest):
                worst = index
            largest = max(largest, step)
    if worst is not None:
        failures.append(f"{label}: {differing} of {values} values differ, by up to {largest:.6g}, most in model {worst}")
    return (len(kept), len(refused), len(declined), values, differing, largest), None


def grouped(declined):
    """The indices of each reason; what names a tensor or node is cut off."""
    reasons = collections.OrderedDict()
    for index, reason in declined:
        text = "".join("#" if c.isdigit() else c for c in reason)
        while "##" in text:
            text = text.replace("##", "#")
        reasons.setdefault(text, []).append(index)
    return reasons


def main():
    parser = argparse.ArgumentParser(prog="check-operators")
    parser.add_argument("--numerics", default="reference", choices=["reference", "xnnpack"])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--operators", default="")
    parser.add_argument("--except", dest="left_out", default="", help="operators that are not compared")
    parser.add_argument("--types", default="")
    parser.add_argument("--verbose", action="store_true", help="also what LiteRT refuses")
    parser.add_argument("--optimize", default=os.path.join(folder, "..", "..", ".build", "release", "optimize"))
    parser.add_argument("python")
    arguments = parser.parse_args()
    wanted, left_out, types = [
        [t for t in text.split(",") if t] for text in (arguments.operators, arguments.left_out, arguments.types)]
    rows = [r for r in ROWS if (not wanted or r.operator in wanted) and (not types or r.type in types)
            and r.operator not in left_out]
    if not rows:
        sys.exit("check-operators: there is no such operator")
    if not os.access(arguments.optimize, os.X_OK):
        sys.exit(f"check-operators: {arguments.optimize} is not there; build it with swift build -c release")
    failures, exact, models = [], 0, 0
    print(f"{'operator':24} {'type':10} {'models':>7} {'refused':>8} {'values':>10} {'differ':>8} {'step':>8}")
    for row in sorted(rows, key=lambda r: (r.operator, r.type)):
        line, reason = check(row, arguments, failures)
        if line is None:
            print(f"{row.operator:24} {row.type:10} LiteRT: {reason}")
            continue
        kept, _, declined, values, differing, step = line
        print(f"{row.operator:24} {row.type:10} {kept:7} {declined:8} {values:10} {differing:8} {step:8.4g}", flush=True)
        exact += declined == 0 and differing == 0
        models += kept
    for failure in failures:
        print(failure)
    print(f"{exact} of {len(rows)} operators exact on {models} models, numerics {arguments.numerics}")
    sys.exit(1 if failures else 0)


main()
