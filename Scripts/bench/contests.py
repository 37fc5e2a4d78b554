"""What is measured against what, and what the ratios ours / theirs should be."""
from dataclasses import dataclass

MODELS = [
    "kws_dscnn", "vww_mobilenet", "mobilenet_v1_025_224", "mobilenet_v1_100", "mobilenet_v2_100", "efficientnet_b0",
    "resnet8", "resnet50", "toycar"]
# The smallest models of either kind: one that is real and one that is made.
QUICK = ["resnet8", "mobilenet_v2_100"]

XNNPACK = {name: 0.75 for name in MODELS[:5]} | {"efficientnet_b0": 0.85, "resnet8": 0.9, "resnet50": 1.0, "toycar": 1.0}
REFERENCE = {name: 0.95 for name in MODELS[:5]} | {"resnet50": 1.1}
ONNX = {name: 0.6 for name in MODELS}
REAL = {name: 1.0 for name in MODELS} | {"resnet50": 1.15}
# Dense layers do little work for one sample: this model runs on many.
BATCHES = {"toycar": 16}


@dataclass(frozen=True)
class Runner:
    """A model's file ("tflite_int8", ...) in one engine: ours with the arithmetic of another, or a peer's."""
    engine: str
    file: str
    numerics: str = ""

    @property
    def title(self):
        return f"ours, {self.numerics}" if self.numerics else self.engine


@dataclass(frozen=True)
class Contest:
    """Runners that take turns. With `best`, the fastest peer is the one to beat."""
    title: str
    ours: tuple
    peers: tuple
    targets: dict
    # The peer that computes what a runner of ours computes to the bit, by the numerics; all others come close.
    exact: dict
    best: bool = False


CONTESTS = [
    Contest(
        "int8 .tflite",
        (Runner("ours", "tflite_int8", "xnnpack"), Runner("ours", "tflite_int8", "reference")),
        (Runner("litert", "tflite_int8"),), {"xnnpack": XNNPACK, "reference": REFERENCE},
        {"xnnpack": "litert", "reference": "litert-reference"}),
    Contest(
        "int8 .onnx", (Runner("ours", "onnx_int8", "onnxruntime"),),
        (Runner("onnxruntime", "onnx_int8"), Runner("openvino", "onnx_int8")), {"onnxruntime": ONNX},
        {"onnxruntime": "onnxruntime"}),
    Contest(
        "float32", (Runner("ours", "tflite", "reference"), Runner("ours", "onnx", "onnxruntime")),
        (Runner("litert", "tflite"), Runner("onnxruntime", "onnx"), Runner("openvino", "onnx")),
        {"reference": REAL, "onnxruntime": REAL}, {}, best=True),
]
