"""Makes Tests/RuntimeTests/Golden/quantized.*; see Scripts/make-golden-quantized."""

import importlib
import json
import math
import os
import sys
import zlib

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, folder)

from draw import Draw
from engines import LiteRT, run_all
from model import pack
from registry import ROWS

for name in sorted(os.listdir(os.path.join(folder, "families"))):
    if name.endswith(".py"):
        importlib.import_module("families." + name[:-3])

PER_TYPE, LARGEST = 3, 120
# XNNPACK takes no operator of int16, and LiteRT multiplies in another order there.
ONLY_REFERENCE = ["REDUCE_PROD", "SOFTMAX"]


def size(case):
    tensors = [t for t in [*case.inputs, *case.outputs] if t is not None]
    return max(max(1, math.prod(t.shape)) for t in tensors)


def drawn(row, resolvers):
    """The first few small models that LiteRT runs, with its results."""
    cases = []
    for index in range(400):
        case = row.function(Draw(zlib.crc32(f"golden {row.operator} {row.type} {index}".encode())), row.type)
        case.operator = row.operator
        if 4 <= size(case) <= LARGEST:
            cases.append(case)
        if len(cases) == 4 * PER_TYPE:
            break
    results = [run_all(LiteRT(resolver), cases, []) for resolver in resolvers]
    if any(r is None for r in results):
        return []
    kept = [i for i in range(len(cases)) if all(r[i] is not None for r in results)][:PER_TYPE]
    return [(cases[i], [r[i] for r in results]) for i in kept]


blob, entries = bytearray(), []


def put(data):
    start = len(blob)
    blob.extend(data)
    blob.extend(b"\0" * (-len(blob) % 8))
    return [start, len(data)]


left_out = sys.argv[2].split(",") if len(sys.argv) > 2 else []
for operator in sorted({row.operator for row in ROWS} - set(left_out)):
    for numerics in ("reference", "xnnpack"):
        chosen = []
        for row in ROWS:
            if row.operator != operator or numerics == "xnnpack" and (row.type == "int16" or operator in ONLY_REFERENCE):
                continue
            chosen += drawn(row, [row.oracle] if numerics == "reference" else ["xnnpack", row.oracle])
        if numerics == "xnnpack" and all((a == b).all() for _, (xs, ys) in chosen for a, b in zip(xs, ys)):
            continue
        if not chosen:
            continue
        model, feeds, names = pack([case for case, _ in chosen])
        outputs = [(name, array) for (_, results), group in zip(chosen, names) for name, array in zip(group, results[0])]
        entries.append({
            "name": operator, "numerics": numerics, "model": put(model),
            "inputs": {name: put(array.tobytes()) for name, array in feeds.items()},
            "outputs": {name: put(array.tobytes()) for name, array in outputs}})

target = sys.argv[1]
with open(os.path.join(target, "quantized.bin"), "wb") as file:
    file.write(blob)
with open(os.path.join(target, "quantized.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in entries) + "\n]\n")
print(f"{len(entries)} models, {len(blob)} bytes")
