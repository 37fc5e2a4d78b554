"""Ours against LiteRT, onnxruntime, OpenVINO and their quantizers: see Scripts/bench-peers."""
import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

import models
from contests import CONTESTS, MODELS, QUICK
from files import race_files
from quantization import quantization
from race import Ours, contest, ratio
from table import markdown

HERE = Path(__file__).parent


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
    parser.add_argument("--files", help="model files to race instead of those, with commas between them")
    parser.add_argument("--numerics", help="the arithmetic of ours on files; otherwise that of the format's engine")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=N,...", help="of an input that a file leaves open")
    parser.add_argument("--batch", type=int, default=1, help="how many samples a run of a file takes")
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
        "threads": options.threads, "rows": [], "files": [], "throughput": [], "quantization": []}
    with tempfile.TemporaryDirectory() as folder:
        if options.files:
            report["files"], names, options.only = race_files(options, Path(folder)), [], "files"
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
    wrong += [f"{r['file']} {r['numerics']}: {r['outputs']}" for r in report["files"] if not r["agrees"]]
    for line in wrong:
        print(f"bench-peers: outputs differ from {line}", file=sys.stderr)
    if wrong or options.quick and options.refusals or not any(
            report[part] for part in ("rows", "files", "throughput", "quantization")):
        sys.exit(1)


if __name__ == "__main__":
    main()
