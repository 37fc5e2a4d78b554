"""Ours against LiteRT, onnxruntime, OpenVINO and their quantizers: see Scripts/bench-peers."""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import models
from contests import BATCHES, CONTESTS, MODELS, QUICK
from quantization import quantization
from table import markdown

HERE = Path(__file__).parent
# How far outputs of float32 engines may be apart, relative to the largest.
TOLERANCE = 1e-3


class Peer:
    """A process that holds one engine with one model."""

    def __init__(self, engine, path, threads, batch):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "engines.py"), engine, str(path), str(threads), str(batch)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.inputs = self.answer()["inputs"]

    def answer(self):
        line = self.process.stdout.readline()
        # What libraries print themselves is no answer.
        while line and not line.startswith("{"):
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the engine refuses the model")
        return json.loads(line)

    def ask(self, *command):
        print(*command, file=self.process.stdin, flush=True)
        return self.answer()

    def measure(self, seconds):
        return self.ask("measure", seconds)["median"]

    def outputs(self, folder):
        self.ask("run", folder / "in.npz", folder / "theirs.npz")
        return list(np.load(folder / "theirs.npz").values())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Ours:
    def __init__(self, command, path, numerics, threads, batch):
        self.path, self.numerics, self.command = str(path), numerics, command
        self.options = ["--threads", str(threads)] + (["--batch", str(batch)] if batch > 1 else [])

    def bench(self, seconds):
        done = subprocess.run(
            [self.command, "bench", self.path, "--numerics", self.numerics, "--json", "--seconds", str(seconds)]
            + self.options, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return json.loads(done.stdout)

    def measure(self, seconds):
        return self.bench(seconds)["latency"]["median"]

    def outputs(self, folder):
        done = subprocess.run(
            [self.command, "run", self.path, "--numerics", self.numerics, "--input", str(folder / "in.npz"), "--output",
             str(folder / "ours.npz"), "--force"], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return list(np.load(folder / "ours.npz").values())


def agreement(ours, theirs, is_exact, is_real):
    """(what to print, whether it is as it should be)"""
    a, b = (np.concatenate([np.ravel(x).astype(np.float64) for x in values]) for values in (ours, theirs))
    if a.shape != b.shape:
        return f"{a.size} numbers, not {b.size}", False
    if is_exact:
        differing = int((a != b).sum())
        return ("identical", True) if differing == 0 else (f"{differing} of {a.size} differ", False)
    distance = float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30))
    # Another rounding in each of many layers: how close that comes is told, and not judged.
    return f"within {distance:.0e}", distance <= TOLERANCE or not is_real


def refused(options, reason):
    """Tells of an engine that does not run a model: of the few that a quick run takes, each engine runs all."""
    print(f"bench-peers: {reason}", file=sys.stderr)
    options.refusals.append(reason)


def ratio(ours, theirs):
    """The median of the rounds' ratios: where cores are lent, how fast they reach each other changes from minute to minute."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def contest(rules, name, files, options, folder):
    """The rows of one contest on one model."""
    ours = [r for r in rules.ours if r.file in files]
    peers = [r for r in rules.peers if r.file in files]
    if not ours or not peers:
        return []
    batch, rows, started = BATCHES.get(name, 1), [], {}
    try:
        for runner in peers:
            try:
                started[runner] = Peer(runner.engine, files[runner.file], options.threads, batch)
            except RuntimeError as error:
                refused(options, f"{name}: {runner.engine}: {error}")
        for runner in ours:
            candidate = Ours(options.command, files[runner.file], runner.numerics, options.threads, batch)
            try:
                candidate.measure(0.01)
                started[runner] = candidate
            except RuntimeError as error:
                refused(options, f"{name}: {runner.title}: {error}")
        times = {runner: [] for runner in started}
        for round in range(options.rounds):
            # Every other round backwards: nobody is always the one that runs behind a certain other.
            for runner in list(started)[::-1 if round % 2 else 1]:
                times[runner].append(started[runner].measure(options.seconds) / batch)
        medians = {runner: statistics.median(values) for runner, values in times.items()}
        found = [runner for runner in peers if runner in started]
        against = [min(found, key=medians.get)] if rules.best and found else found
        for runner in (runner for runner in ours if runner in started):
            for peer in against:
                text, is_right = compare(rules, runner, peer, started, files, batch, folder)
                rows.append({
                    "contest": rules.title, "model": name, "numerics": runner.numerics, "format": runner.file.split("_")[0],
                    "peer": peer.engine, "threads": options.threads, "batch": batch, "ours": medians[runner],
                    "theirs": medians[peer], "ratio": ratio(times[runner], times[peer]),
                    "target": rules.targets[runner.numerics].get(name), "outputs": text, "agrees": is_right,
                    "others": {p.engine: medians[p] for p in found if p is not peer} if rules.best else {}})
    finally:
        for runner in started.values():
            if isinstance(runner, Peer):
                runner.close()
    return rows


def compare(rules, runner, peer, started, files, batch, folder):
    exact = rules.exact.get(runner.numerics)
    is_real = not rules.exact
    # What is to be the same to the bit is compared with who computes it, and where that is not who is raced, in one run.
    other = started[peer]
    is_other = exact is not None and exact != peer.engine and exact.startswith(peer.engine)
    # Formats name and order their inputs in their own ways: of what is raced across formats, outputs are not compared.
    if runner.file != peer.file and not is_other:
        other = next((started[p] for p in rules.peers if p.file == runner.file and p in started), None)
        if other is None:
            return "not compared", True
    if is_other:
        other = Peer(exact, files[runner.file], 1, batch)
    rng = np.random.default_rng(2)
    np.savez(folder / "in.npz", **{k: rng.uniform(-1, 1, shape).astype(np.float32) for k, shape in other.inputs.items()})
    try:
        return agreement(
            started[runner].outputs(folder), other.outputs(folder), exact in (peer.engine,) or is_other, is_real)
    finally:
        if is_other:
            other.close()


def throughput(name, files, options):
    """Samples a second of ours on one thread and on two, each with samples of its own."""
    if "tflite_int8" not in files:
        return None
    rates = {1: [], 2: []}
    for _ in range(options.rounds):
        for threads, found in rates.items():
            result = Ours(options.command, files["tflite_int8"], "xnnpack", threads, 1).bench(options.seconds)
            if "throughput" not in result:
                return None
            found.append(result["throughput"]["samplesPerSecond"])
    one, two = (statistics.median(rates[n]) for n in (1, 2))
    return {"model": name, "one": one, "two": two, "ratio": ratio(rates[2], rates[1]), "target": 1.9}


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(l.split(":", 1)[1].strip() for l in lines if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(prog="bench-peers")
    parser.add_argument("--command", required=True, help="the optimize binary")
    parser.add_argument("--models", help=f"of {','.join(MODELS)}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="how long each runs in each round")
    parser.add_argument("--only", help="int8, float, throughput or quantization", default="")
    parser.add_argument("--folder", type=Path, default=HERE.parents[1] / "benchmarks", help="where models are made")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="one short round of two models: do outputs agree?")
    options = parser.parse_args()
    options.refusals = []
    if options.quick:
        options.rounds, options.seconds = 1, 0.05
    names = options.models.split(",") if options.models else QUICK if options.quick else MODELS
    for name in names:
        if name not in MODELS:
            parser.error(f"there is no model {name}; there are {', '.join(MODELS)}")
    report = {
        "machine": {"processor": processor(), "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()},
        "threads": options.threads, "rows": [], "throughput": [], "quantization": []}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            files = models.make(options.command, options.folder, name)
            if not files:
                print(f"bench-peers: {name} is not here: set OPTIMIZE_SHARED", file=sys.stderr)
                continue
            for rules in CONTESTS:
                if options.only in ("", rules.title.split()[0].removesuffix("32")):
                    report["rows"] += contest(rules, name, files, options, Path(folder))
            if options.only in ("", "throughput") and not options.quick:
                report["throughput"] += filter(None, [throughput(name, files, options)])
            print(f"bench-peers: {name} is done", file=sys.stderr)
        if options.only in ("", "quantization") and not options.quick:
            report["quantization"] = quantization(options, Path(folder))
    print(markdown(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    wrong = [f"{r['model']} {r['contest']} {r['numerics']}: {r['outputs']}" for r in report["rows"] if not r["agrees"]]
    for line in wrong:
        print(f"bench-peers: outputs differ from {line}", file=sys.stderr)
    if wrong or options.quick and options.refusals or not (report["rows"] or report["throughput"] or report["quantization"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
