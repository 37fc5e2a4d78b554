"""Trains the networks of networks.py on the handwritten digits, and writes models, data and manifest.

    make.py OUTPUT_FOLDER      run it through Scripts/make-models, which installs what it needs
"""
import contextlib
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from litert_quantizer import quantizer, recipe
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import onnx_file
import tflite_file
from networks import NETWORKS
from train import train

SEED, EVALUATION, CALIBRATION = 7, 500, 100
LEAST_ACCURACY, TOLERANCE = 97.0, 1e-5


def data():
    """(x, y) to train on and (x, y) held out; x [N, 8, 8, 1] holds grey values 0 to 16."""
    digits = load_digits()
    x = digits.images.astype(np.uint8)[..., None]
    a, b, c, d = train_test_split(x, digits.target, test_size=EVALUATION, stratify=digits.target, random_state=SEED)
    return (a, c), (b, d)


def run_litert(path, x, kernels=OpResolverType.AUTO):
    interpreter = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    source, result, rows = interpreter.get_input_details()[0], interpreter.get_output_details()[0], []
    for sample in x.astype(np.float32):
        if source["dtype"] == np.int8:
            scale, zero_point = source["quantization"]
            sample = np.clip(np.round(sample / np.float32(scale)) + zero_point, -128, 127).astype(np.int8)
        interpreter.set_tensor(source["index"], sample[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result["index"])[0])
    return np.array(rows)


def run_onnx(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": x.astype(np.float32).transpose(0, 3, 1, 2)})[0]


def percent(outputs, y):
    return round(100 * float((outputs.argmax(1) == y).mean()), 2)


def accuracies(path, x, y):
    """Top-1 on the held-out samples with every engine that reads the format, and the outputs of the first."""
    if path.suffix == ".onnx":
        outputs = run_onnx(path, x)
        return outputs, {"onnxruntime": percent(outputs, y)}
    outputs, reference = run_litert(path, x), run_litert(path, x, OpResolverType.BUILTIN_REF)
    return outputs, {"litert": percent(outputs, y), "litert_reference": percent(reference, y)}


def quantize_tflite(source, target, x):
    """Full int8, inputs and outputs too, by LiteRT's own quantizer."""
    q = quantizer.Quantizer(str(source), recipe.static_wi8_ai8())
    with contextlib.redirect_stdout(sys.stderr):
        ranges = q.calibrate({"serving_default": [{"image": sample[None].astype(np.float32)} for sample in x]})
        target.write_bytes(bytes(q.quantize(ranges).quantized_model))


def quantize_onnx(source, target, x):
    """QuantizeLinear/DequantizeLinear pairs, per-channel weights, by onnxruntime."""
    samples = x.astype(np.float32).transpose(0, 3, 1, 2)

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rows = iter(samples)

        def get_next(self):
            row = next(self.rows, None)
            return None if row is None else {"image": row[None]}

    quantize_static(
        str(source), str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        op_types_to_quantize=["Conv", "Gemm", "GlobalAveragePool"], activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)


def parameter_count(weights, running):
    return int(sum(a.size for tree in (weights, running) for p in tree.values() for a in p.values()))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (train_x, train_y), (x, y) = data()
    calibration = train_x[np.random.default_rng(SEED).permutation(len(train_x))[:CALIBRATION]]
    np.savez_compressed(folder / "digits_calib.npz", x=calibration)
    np.savez_compressed(folder / "digits_eval.npz", x=x, y=y.astype(np.int64))

    models = {}
    for network in NETWORKS:
        print(f"training {network.name}", file=sys.stderr)
        weights, running = train(network, train_x, train_y, SEED)
        tflite, onnx = folder / f"{network.name}.tflite", folder / f"{network.name}.onnx"
        tflite_file.write(network, weights, running, tflite)
        onnx_file.write(network, weights, running, onnx)
        expected = accuracies(tflite, x, y)[0]
        apart = max(
            float(np.abs(other - expected).max())
            for other in (run_litert(tflite, x, OpResolverType.BUILTIN_REF), run_onnx(onnx, x)))
        if apart > TOLERANCE:
            raise SystemExit(f"{network.name}: the engines' outputs differ by {apart}, more than {TOLERANCE}")
        spelling = {"mul_add": "MUL, ADD", "bias_mul_add": "bias, MUL, ADD"}[network.batch_norm]
        common = {"parameters": parameter_count(weights, running)}
        models[tflite.name] = common | {
            "what": f"{network.description}; float32, batch norm spelled as {spelling}", "made_by": "trained"}
        models[onnx.name] = common | {
            "what": f"{network.description}; float32, BatchNormalization unfolded, opset 17", "made_by": "trained"}
        quantized = folder / f"{network.name}_int8.tflite"
        quantize_tflite(tflite, quantized, calibration)
        models[quantized.name] = common | {
            "what": f"{tflite.name} in int8, inputs and outputs too",
            "made_by": "litert-quantizer, static_wi8_ai8, calibrated on digits_calib.npz"}
        if network.name == "digits_dscnn":
            half = folder / f"{network.name}_f16.tflite"
            tflite_file.write(network, weights, running, half, half=True)
            models[half.name] = common | {
                "what": f"{tflite.name} with float16 weights behind DEQUANTIZE", "made_by": "trained"}
            pairs = folder / f"{network.name}_qdq.onnx"
            quantize_onnx(onnx, pairs, calibration)
            models[pairs.name] = common | {
                "what": f"{onnx.name} with QuantizeLinear/DequantizeLinear pairs",
                "made_by": "onnxruntime quantize_static, QDQ, per channel, calibrated on digits_calib.npz"}

    for name, entry in models.items():
        entry["top1_percent"] = accuracies(folder / name, x, y)[1]
        if entry["made_by"] == "trained" and min(entry["top1_percent"].values()) < LEAST_ACCURACY:
            raise SystemExit(f"{name}: {entry['top1_percent']} is below {LEAST_ACCURACY} %")
    datasets = {
        "digits_calib.npz": {"what": f"x [{CALIBRATION}, 8, 8, 1] uint8, from the training samples"},
        "digits_eval.npz": {"what": f"x [{EVALUATION}, 8, 8, 1] uint8 and y [{EVALUATION}] int64, held out"}}
    for entries in (models, datasets):
        for name, entry in entries.items():
            content = (folder / name).read_bytes()
            entry["bytes"], entry["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    manifest = {
        "made_by": "Scripts/make-models",
        "packages": "Scripts/digits/requirements.txt",
        "source": "UCI Optical Recognition of Handwritten Digits, as shipped inside scikit-learn (CC BY 4.0)",
        "split": f"stratified by class, seed {SEED}: {len(train_x)} to train on, {EVALUATION} held out",
        "input": "image: grey values 0 to 16, unscaled (.tflite [1, 8, 8, 1], .onnx [batch, 1, 8, 8])",
        "output": "probabilities: [1, 10], one for each digit",
        "reproducible": "the same bytes on the same kind of CPU; on another, sums of training may round differently, "
                        "and the weights with them: accuracy stays near what stands here",
        "models": dict(sorted(models.items())), "data": datasets}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for name, entry in manifest["models"].items():
        print(f"{name}: {entry['bytes']} bytes, top-1 {entry['top1_percent']}", file=sys.stderr)


main()
