"""A race: ours and the peers take turns with one model, and their outputs are compared."""
import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from contests import BATCHES

HERE = Path(__file__).parent
# How far outputs of float32 engines may be apart, relative to the largest.
TOLERANCE = 1e-3


def as_arguments(shapes):
    return [f"{name}={','.join(map(str, shape))}" for name, shape in shapes.items()]


class Peer:
    """A process that holds one engine with one model. `shapes` are of inputs that the model leaves open."""

    def __init__(self, engine, path, threads, batch, shapes={}):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "engines.py"), engine, str(path), str(threads), str(batch)]
            + as_arguments(shapes),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # By name: its shape, its type as NumPy calls it, and whether the model leaves extents of it open.
        self.inputs = self.answer()["inputs"]

    def answer(self):
        line = self.process.stdout.readline()
        # What libraries print themselves is no answer.
        while line and not line.startswith("{"):
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the engine refuses the model, or to run it")
        return json.loads(line)

    def ask(self, *command):
        try:
            print(*command, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass
        return self.answer()

    def measure(self, seconds):
        return self.ask("measure", seconds)["median"]

    def outputs(self, folder):
        self.ask("run", folder / "in.npz", folder / "theirs.npz")
        return list(np.load(folder / "theirs.npz").values())

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()


class Ours:
    def __init__(self, command, path, numerics, threads, batch, shapes={}):
        self.path, self.numerics, self.command = str(path), numerics, command
        self.options = ["--threads", str(threads)] + (["--batch", str(batch)] if batch > 1 else [])
        self.options += [part for shape in as_arguments(shapes) for part in ("--shape", shape)]

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


def write_inputs(inputs, folder):
    """Random numbers for what an engine takes: all bytes, fractions of either sign, and of other integers 0 and 1."""
    rng = np.random.default_rng(2)

    def numbers(shape, kind):
        if kind in ("int8", "uint8"):
            return rng.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, kind, endpoint=True)
        return (rng.uniform(-1, 1, shape) if kind.startswith("float") else rng.integers(0, 2, shape)).astype(kind)

    np.savez(folder / "in.npz", **{name: numbers(shape, kind) for name, (shape, kind, _) in inputs.items()})


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
    write_inputs(other.inputs, folder)
    try:
        return agreement(
            started[runner].outputs(folder), other.outputs(folder), exact in (peer.engine,) or is_other, is_real)
    finally:
        if is_other:
            other.close()


