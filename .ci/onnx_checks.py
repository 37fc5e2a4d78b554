"""What onnxruntime says of .onnx files, each check with one line of output and an exit code.

    onnx_checks.py folded BEFORE.onnx AFTER.onnx          no BatchNormalization left, outputs within 1e-5 of the largest
    onnx_checks.py same OPTIMIZE MODEL.onnx DATA SCALE OFFSET
                                                          outputs of `optimize run` on 8 samples within 1e-6 of onnxruntime's
    onnx_checks.py integers MODEL.tflite MODEL.onnx       the weights of both are the same integers
    onnx_checks.py fused MODEL.onnx                       no Conv, Add or pool is left in float in onnxruntime's own graph
    onnx_checks.py peak FACTOR MODEL COMMAND...           the command's largest resident memory against the model's bytes
"""

import collections
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper


def session_of(path, graph=None):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if graph:
        options.optimized_model_filepath = graph
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def random_inputs(session):
    random = np.random.default_rng(3)
    return {
        value.name: random.random([size if isinstance(size, int) else 1 for size in value.shape]).astype(np.float32)
        for value in session.get_inputs()}


def difference(expected, found, relative=False):
    """The largest difference; infinite where outputs are missing, of another shape, or no numbers."""
    if len(expected) != len(found) or any(a.shape != b.shape for a, b in zip(expected, found)):
        return np.inf
    largest = 0.0
    for a, b in zip(expected, found):
        apart = float(np.abs(a - b).max() / (max(1e-9, np.abs(a).max()) if relative else 1))
        largest = max(largest, apart if np.isfinite(apart) else np.inf)
    return largest


def folded(before, after):
    left = sum(node.op_type == "BatchNormalization" for node in onnx.load(after).graph.node)
    first, second = session_of(before), session_of(after)
    inputs = random_inputs(first)
    largest = difference(first.run(None, inputs), second.run(None, inputs), relative=True)
    return left == 0 and largest <= 1e-5, f"{left} BatchNormalization left, outputs differ by {largest:.1e}"


def samples(data, scale, offset, shape):
    if os.path.isdir(data):
        from PIL import Image
        found = sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(data) for name in names
            if name.endswith((".jpg", ".png")))[:8]
        raw = np.stack([np.asarray(Image.open(path).convert("RGB"), np.float32) for path in found])
    else:
        with np.load(data) as arrays:
            raw = arrays["x"][:8].astype(np.float32)
    x = raw * np.float32(scale) + np.float32(offset)
    if list(x.shape[1:]) != list(shape[1:]):
        x = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
    return x.reshape([len(x)] + list(shape[1:]))


def same(command, model, data, scale, offset):
    session = session_of(model)
    value = session.get_inputs()[0]
    largest, count = 0.0, 0
    with tempfile.TemporaryDirectory() as work:
        source, target = f"{work}/in.npz", f"{work}/out.npz"
        for x in samples(data, float(scale), float(offset), value.shape):
            np.savez(source, **{value.name: x[None]})
            subprocess.run([command, "run", model, "--input", source, "-o", target, "--force"], check=True, capture_output=True)
            with np.load(target) as file:
                ours = [file[name] for name in file.files]
            largest = max(largest, difference(session.run(None, {value.name: x[None]}), ours))
            count += 1
    return count > 0 and largest <= 1e-6, f"{count} samples, outputs differ by {largest:.1e}"


def tflite_weights(path):
    from ai_edge_litert import schema_py_generated as tfl
    with open(path, "rb") as file:
        model = tfl.ModelT.InitFromObj(tfl.Model.GetRootAs(file.read(), 0))
    graph, kinds, axes = model.subgraphs[0], tfl.BuiltinOperator, {}
    axes[kinds.CONV_2D], axes[kinds.DEPTHWISE_CONV_2D], axes[kinds.FULLY_CONNECTED] = (0, 3, 1, 2), (3, 0, 1, 2), (0, 1)
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        if kind in axes:
            tensor = graph.tensors[operator.inputs[1]]
            data = np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.int8)
            yield data.reshape(tensor.shape).transpose(axes[kind])


def onnx_weights(path):
    graph = onnx.load(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    producers = {node.output[0]: node for node in graph.node}
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm"):
            weights = constants[producers[node.input[1]].input[0]]
            is_transposed = any(a.name == "transB" and a.i for a in node.attribute)
            yield weights.T if node.op_type == "Gemm" and not is_transposed else weights


def integers(first, second):
    a, b = list(tflite_weights(first)), list(onnx_weights(second))
    total = sum(x.size for x in a)
    if len(a) != len(b) or any(x.shape != y.shape for x, y in zip(a, b)):
        return False, f"{len(a)} and {len(b)} layers, or other shapes"
    differing = sum(int((x != y).sum()) for x, y in zip(a, b))
    return differing == 0 and total > 0, f"{differing} of {total} weights differ"


def fused(path):
    with tempfile.TemporaryDirectory() as work:
        session_of(path, f"{work}/graph.onnx")
        kinds = collections.Counter(node.op_type for node in onnx.load(f"{work}/graph.onnx").graph.node)
    left = sum(count for kind, count in kinds.items() if kind in ("Conv", "FusedConv", "Add", "AveragePool", "GlobalAveragePool", "MaxPool"))
    return left == 0 and kinds["QLinearConv"] > 0, f"{left} left in float, {kinds['QLinearConv']} QLinearConv"


def peak(factor, model, *command):
    subprocess.run(command, check=True, capture_output=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    size = os.path.getsize(model)
    if os.path.exists(model + ".data"):
        size += os.path.getsize(model + ".data")
    return used <= float(factor) * size, f"{used >> 20} MB of memory for a model of {size >> 20} MB"


checks = {"folded": folded, "same": same, "integers": integers, "fused": fused, "peak": peak}
passed, text = checks[sys.argv[1]](*sys.argv[2:])
print(text)
sys.exit(0 if passed else 1)
