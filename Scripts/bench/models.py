"""The models that are measured: four large ones of random weights, and the real ones of $OPTIMIZE_SHARED where it is.

    models.py OPTIMIZE FOLDER [NAME...]     makes those that FOLDER lacks: NAME.tflite, NAME_int8.tflite, and the .onnx
"""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parent.parent / "digits"))
import large_onnx
import large_tflite
from networks_large import NETWORKS
from random_weights import images, weights

CALIBRATION = 100
UNIT, SIGNED = ["--scale", "0.00392156862745098"], ["--scale", "0.00784313725490196", "--offset", "-1"]
# The real models and how they are calibrated: data below $OPTIMIZE_SHARED/data, and what the model takes of it.
REAL = {
    "kws_dscnn": ("kws_calib.npz", []),
    "vww_mobilenet": ("person/calib", UNIT),
    "mobilenet_v1_025_224": ("imagenet/calib", SIGNED),
    "resnet8": ("cifar10_calib.npz", []),
    "toycar": (None, []),
}


def shared():
    root = Path(os.environ.get("OPTIMIZE_SHARED", Path(__file__).parents[2].parent / "shared"))
    return root if (root / "models").is_dir() else None


def calibration(folder):
    """Samples for the large models."""
    path = folder / "images.npz"
    if not path.exists():
        written(path, lambda part: np.savez(part, x=images(CALIBRATION, seed=1)))
    return path


def written(path, write):
    """Writes a file that is whole or not there."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    write(part)
    part.rename(path)


def quantize(optimize, source, target, options):
    done = subprocess.run(
        [str(optimize), str(source), "--int8", "--force", "--quiet", "-o", str(target)] + options,
        capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{source.name}: {done.stderr.strip()}")


def make(optimize, folder, name):
    """The paths of a model's files by "tflite", "tflite_int8", "onnx" and "onnx_int8"; makes what is missing."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for kind in ("tflite", "onnx"):
        if name in NETWORKS:
            source = folder / f"{name}.{kind}"
            if not source.exists():
                write = {"tflite": large_tflite, "onnx": large_onnx}[kind].write
                written(source, lambda part: write(NETWORKS[name], weights(NETWORKS[name]), part))
            options = ["--calibrate", str(calibration(folder)), "--samples", "20"]
        else:
            root, (data, preprocessing) = shared(), REAL[name]
            source = root / "models" / f"{name}.{kind}" if root else None
            if source is None or not source.exists():
                continue
            options = preprocessing + (["--calibrate", str(root / "data" / data)] if data else [])
        found[kind], target = source, folder / f"{name}_int8.{kind}"
        if not target.exists():
            written(target, lambda part: quantize(optimize, source, part, options))
        found[f"{kind}_int8"] = target
    return found


if __name__ == "__main__":
    for name in sys.argv[3:] or list(NETWORKS) + list(REAL):
        for path in make(sys.argv[1], sys.argv[2], name).values():
            print(path, path.stat().st_size, flush=True)
