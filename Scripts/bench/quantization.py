"""Wall time and peak memory of quantizing MobileNetV2 1.0, each in a process of its own, its start included."""
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import models

HERE = Path(__file__).parent
MODEL, SAMPLES, ROUNDS = "mobilenet_v2_100", 100, 3
MEGABYTE = 1_000_000


def measured(command, folder):
    # What a command writes is new to its folder: replacing a file would also remove the former one.
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        result = Path(fresh) / "process.json"
        subprocess.run(
            [sys.executable, "-S", "-E", str(HERE / "process.py"), str(result)] + [str(part) for part in command],
            check=True, stderr=subprocess.DEVNULL, cwd=fresh)
        found = json.loads(result.read_text())
    if found["status"]:
        raise SystemExit(f"bench-peers: {command[0]} ended with {found['status']}: {' '.join(map(str, command))}")
    return found


def quantization(options, folder):
    command = Path(options.command).resolve() if "/" in str(options.command) else options.command
    files = {kind: path.resolve() for kind, path in models.make(options.command, options.folder, MODEL).items()}
    samples = models.calibration(options.folder).resolve()
    rows, size = [], files["tflite"].stat().st_size

    def ours(kind, *arguments):
        return [command, files[kind], *arguments, "-o", f"ours.{kind}"]

    def peer(name, kind):
        return [sys.executable, "-W", "ignore", HERE / "quantizers.py", name, files[kind], samples, SAMPLES,
                f"theirs.{kind}"]

    static = ["--int8", "--calibrate", samples, "--samples", SAMPLES]
    dynamic = [Path(sys.executable).parent / "litert-quantizer", "--model_file", files["tflite"], "--recipe",
               "dynamic_wi8_afp32", "--output_dir", "."]
    for title, a, b, target, limit in [
        ("dynamic range .tflite, litert-quantizer", ours("tflite", "--dynamic-range"), dynamic, 1 / 30,
         1.3 * size + 20 * MEGABYTE),
        # With --quiet our models are not compared; theirs never are.
        (f"int8 .tflite, {SAMPLES} samples, litert-quantizer", ours("tflite", *static),
         peer("litert-quantizer", "tflite"), 1 / 8, None),
        (f"int8 .tflite, {SAMPLES} samples, --quiet, litert-quantizer", ours("tflite", *static, "--quiet"),
         peer("litert-quantizer", "tflite"), 1 / 8, None),
        (f"int8 .onnx, {SAMPLES} samples, onnxruntime", ours("onnx", *static), peer("onnxruntime", "onnx"), 1 / 8, None),
        (f"int8 .onnx, {SAMPLES} samples, --quiet, onnxruntime", ours("onnx", *static, "--quiet"),
         peer("onnxruntime", "onnx"), 1 / 8, None),
        ("clean-up .onnx, onnxsim", ours("onnx"), peer("onnxsim", "onnx"), None, None),
    ]:
        times = [[measured(each, folder) for each in (a, b)] for _ in range(ROUNDS)]
        (mine, my_peak), (theirs, their_peak) = (
            [statistics.median(round[side][key] for round in times) for key in ("seconds", "peak")] for side in (0, 1))
        rows.append({
            "what": title, "ours": mine, "theirs": theirs, "ratio": mine / theirs, "target": target, "peak": my_peak,
            "their_peak": their_peak, "peak_limit": limit})
    return rows
