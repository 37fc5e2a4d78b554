"""Runs models: LiteRT in a process of its own, because it may crash, and `optimize run`."""

import multiprocessing
import os
import subprocess
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from model import pack

RESOLVERS = {
    "reference": OpResolverType.BUILTIN_REF,
    "middle": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "xnnpack": OpResolverType.BUILTIN,
}
fork = multiprocessing.get_context("fork")


class Refused(Exception):
    """An engine does not run a model."""


def _litert(pipe, model, feeds, names, resolver):
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    os.dup2(quiet, 1)
    try:
        interpreter = Interpreter(model_content=model, experimental_op_resolver_type=RESOLVERS[resolver], num_threads=1)
        interpreter.allocate_tensors()
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], feeds[detail["name"]])
        interpreter.invoke()
        found = {d["name"]: interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()}
        pipe.send([[found[name] for name in group] for group in names])
    except Exception as error:
        pipe.send(" ".join(str(error).split())[:200])


class LiteRT:
    def __init__(self, resolver):
        self.resolver = resolver

    def run(self, cases):
        model, feeds, names = pack(cases)
        ours, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=_litert, args=(theirs, model, feeds, names, self.resolver))
        process.start()
        theirs.close()
        try:
            answer = ours.recv()
        except EOFError:
            answer = "it crashed"
        process.join()
        if isinstance(answer, str):
            raise Refused(answer)
        return answer


class Optimize:
    def __init__(self, binary, numerics):
        self.binary, self.options = binary, [] if numerics == "reference" else ["--numerics", numerics]

    def run(self, cases):
        model, feeds, names = pack(cases)
        with tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, name) for name in ("model.tflite", "in.npz", "out.npz")]
            with open(files[0], "wb") as file:
                file.write(model)
            np.savez(files[1], **feeds)
            done = subprocess.run([self.binary, "run", files[0], "--input", files[1], "--output", files[2], *self.options],
                                  capture_output=True, text=True)
            if done.returncode:
                raise Refused(" ".join(done.stderr.split())[:300] or f"it ended with {done.returncode}")
            with np.load(files[2]) as found:
                return [[found[name] for name in group] for group in names]


def run_all(engine, cases, refusals, patience=24):
    """Each case's results, None for those that the engine refuses; `refusals` gets the reasons.

    A group that is refused is halved until what is left is the cases to blame; where nothing at all runs, a few
    dozen are enough to say so.
    """
    results = [None] * len(cases)
    pending = [range(start, min(start + 100, len(cases))) for start in range(0, len(cases), 100)][::-1]
    succeeded = False
    while pending:
        part = pending.pop()
        try:
            for index, result in zip(part, engine.run([cases[i] for i in part])):
                results[index] = result
            succeeded = True
        except Refused as refusal:
            if len(part) == 1:
                refusals.append((part[0], str(refusal)))
                if not succeeded and len(refusals) >= patience:
                    return None
            else:
                middle = len(part) // 2
                pending += [part[middle:], part[:middle]]
    return results
