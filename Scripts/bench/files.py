"""Any model file, raced: how would this core run it?"""
import statistics
import sys
from pathlib import Path

import numpy as np

from race import Ours, Peer, agreement, ratio, write_inputs

# Who runs a format, first the engine whose arithmetic ours follows.
ENGINES = {".tflite": ["litert", "openvino"], ".onnx": ["onnxruntime", "openvino"]}
NUMERICS = {".tflite": "xnnpack", ".onnx": "onnxruntime"}
# The engine that computes what a numerics of ours does.
FOLLOWED = {"xnnpack": "litert", "reference": "litert-reference", "onnxruntime": "onnxruntime"}


def race_files(options, folder):
    """A row for each file that we run and at least one of the engines does."""
    given = dict(shape.rsplit("=", 1) for shape in options.shape)
    shapes = {name: [int(extent) for extent in shape.split(",")] for name, shape in given.items()}
    rows = []
    for path in map(Path, options.files.split(",")):
        if path.suffix not in ENGINES:
            sys.exit(f"bench-peers: {path} is neither a .tflite nor a .onnx file")
        try:
            rows.append(race(path, shapes, options, folder))
        except RuntimeError as error:
            print(f"bench-peers: {path.name}: {error}", file=sys.stderr)
            options.refusals.append(path.name)
    return rows


def race(path, shapes, options, folder):
    numerics, started = options.numerics or NUMERICS[path.suffix], {}
    try:
        for engine in ENGINES[path.suffix]:
            try:
                started[engine] = Peer(engine, path, options.threads, options.batch, shapes)
                started[engine].measure(0.01)
            except RuntimeError as error:
                if engine in started:
                    started.pop(engine).close()
                print(f"bench-peers: {path.name}: {engine}: {error}", file=sys.stderr)
        if not started:
            raise RuntimeError("no engine runs it")
        followed = FOLLOWED[numerics]
        inputs = (started.get(followed) or next(iter(started.values()))).inputs
        # Of what one sample has, batches are ours to make.
        closed = {name: [1, *shape[1:]] if options.batch > 1 and shape else shape
                  for name, (shape, _, is_open) in inputs.items() if is_open}
        ours = Ours(options.command, path, numerics, options.threads, options.batch, closed)
        ours.measure(0.01)
        mine, theirs = [], {engine: [] for engine in started}
        for round in range(options.rounds):
            turns = [(mine, ours)] + [(theirs[engine], peer) for engine, peer in started.items()]
            for times, runner in turns[::-1 if round % 2 else 1]:
                times.append(runner.measure(options.seconds) / options.batch)
        medians = {engine: statistics.median(times) for engine, times in theirs.items()}
        try:
            if followed not in started:
                started[followed] = Peer(followed, path, 1, options.batch, shapes)
            text, agrees = compared(ours, started[followed], folder)
        except RuntimeError as error:
            text, agrees = f"not compared: {error}", True
        return {
            "file": path.name, "numerics": numerics, "threads": options.threads, "batch": options.batch,
            "ours": statistics.median(mine), "theirs": medians, "outputs": text, "agrees": agrees,
            "ratio": max(ratio(mine, times) for times in theirs.values())}
    finally:
        for peer in started.values():
            peer.close()


def compared(ours, peer, folder):
    """(what to print, whether it is as it should be): to the bit, or as close as floating-point numbers can be."""
    write_inputs(peer.inputs, folder)
    theirs = peer.outputs(folder)
    mine = ours.outputs(folder)
    is_same = len(mine) == len(theirs) and all(
        np.array_equal(a.ravel(), b.ravel(), equal_nan=a.dtype.kind == "f") for a, b in zip(mine, theirs))
    return ("identical", True) if is_same else agreement(mine, theirs, False, True)
