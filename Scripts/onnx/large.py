"""Writes a model of many MatMuls with random weights: OUT.onnx with the weights inside, or beside it.

    large.py OUT MEGABYTES [--external]
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

out, megabytes, external = sys.argv[1], int(sys.argv[2]), "--external" in sys.argv
width = 4096
layers = max(1, megabytes * 1_000_000 // (width * width * 4))
random = np.random.default_rng(3)
initializers = [
    numpy_helper.from_array(random.standard_normal((width, width), np.float32) / 64, f"w{layer}")
    for layer in range(layers)
]
names = ["x"] + [f"y{layer}" for layer in range(layers)]
nodes = [helper.make_node("MatMul", [names[i], f"w{i}"], [names[i + 1]]) for i in range(layers)]
graph = helper.make_graph(
    nodes, "large", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, width])],
    [helper.make_tensor_value_info(names[-1], TensorProto.FLOAT, [1, width])], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
if external:
    onnx.save(model, out, save_as_external_data=True, location=out.split("/")[-1] + ".data")
else:
    onnx.save(model, out)
