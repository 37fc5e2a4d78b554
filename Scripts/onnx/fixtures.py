"""Writes the models in Tests/ONNXFormatTests/Fixtures with the onnx package, which the tests compare with.

    fixtures.py FOLDER
"""

import sys

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper

folder = sys.argv[1]
T = TensorProto
FLOAT = T.FLOAT


def save(model, name, **options):
    model.producer_name = "fixtures"
    onnx.save(model, f"{folder}/{name}.onnx", **options)


def info(name, shape=(2, 3), kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model_of(graph, version=21, ir=10, **options):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], **options)
    model.ir_version = ir
    return model


def types():
    """One initializer of each type with its elements in typed fields, and one with the same in raw_data."""
    values = [1, 0, 1, 1, 0, 1, 1]
    initializers = []
    for name, number in T.DataType.items():
        if name in ("UNDEFINED", "STRING") or name.startswith("FLOAT6"):
            continue
        typed = helper.make_tensor(f"{name}_typed", number, [7], values)
        array = numpy_helper.to_array(typed)
        raw = numpy_helper.from_array(array, f"{name}_raw")
        assert raw.data_type == number and raw.HasField("raw_data")
        initializers += [typed, raw]
    initializers.append(helper.make_tensor("STRING_typed", T.STRING, [2], [b"one", b"a\0b"]))
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "types", [info("x")], [info("y")], initializers)
    save(model_of(graph, 25, 13), "types")


def everything():
    """Fields and constructs that are seldom used."""
    w = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "w")
    w.doc_string = "weights"
    w.metadata_props.add(key="origin", value="here")
    unread = numpy_helper.from_array(np.float32(4), "unread")
    overridable = numpy_helper.from_array(np.ones((2, 3), np.float32), "overridable")
    values = helper.make_tensor("sparse", FLOAT, [2], [1.0, 2.0])
    sparse = helper.make_sparse_tensor(values, helper.make_tensor("places", T.INT64, [2], [1, 4]), [2, 3])

    then = helper.make_graph([helper.make_node("Add", ["x", "w"], ["then_y"])], "then", [], [info("then_y")])
    inner = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["inner_y"])], "inner", [], [info("inner_y")],
        [numpy_helper.from_array(np.zeros(2, np.float32), "inner_w")])
    other = helper.make_graph(
        [helper.make_node("If", ["flag"], ["else_y"], then_branch=inner, else_branch=inner)], "else", [],
        [info("else_y")])
    nodes = [
        helper.make_node("Constant", [], ["limit"], value_float=3.0),
        helper.make_node("If", ["flag"], ["chosen"], name="choice", then_branch=then, else_branch=other),
        helper.make_node("Clip", ["chosen", "", "limit"], ["clipped"], doc_string="no lower bound"),
        helper.make_node("Twice", ["clipped"], ["doubled"], domain="own"),
        helper.make_node("Add", ["doubled", "overridable"], ["sum"]),
        helper.make_node("Frob", ["sum", "", "sparse"], ["", "y"], domain="com.example", strength=2.5, labels=["a", "b"]),
    ]
    nodes[4].metadata_props.add(key="k", value="v")
    nodes[4].device_configurations.add(configuration_id="two", pipeline_stage=1)
    nodes[4].device_configurations[0].sharding_spec.add(tensor_name="sum", device=[0, 1])
    nodes[4].device_configurations[0].sharding_spec[0].sharded_dim.add(axis=1).simple_sharding.add(dim_value=3, num_shards=2)
    graph = helper.make_graph(
        nodes, "everything", [info("x", ("batch", 3)), info("flag", (), T.BOOL), info("overridable")],
        [info("y", None)], [w, unread, overridable], "doc", [info("sum"), info("nowhere")], [sparse])
    graph.quantization_annotation.add(tensor_name="sum").quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="unread")
    graph.metadata_props.add(key="graph", value="yes")
    function = helper.make_function(
        "own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 21)])
    model = helper.make_model(
        graph, functions=[function],
        opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("own", 1), helper.make_opsetid("com.example", 1)])
    model.ir_version = 11
    model.metadata_props.add(key="author", value="nobody")
    model.configuration.add(name="two", num_devices=2, device=["a", "b"])
    training = model.training_info.add()
    training.algorithm.CopyFrom(helper.make_graph([helper.make_node("Identity", ["w"], ["w_next"])], "step", [], [info("w_next")]))
    training.update_binding.add(key="w", value="w_next")
    save(model, "everything")


def external():
    """Weights in a file of their own, one in each way to name a part of it."""
    weights = [numpy_helper.from_array(np.full((32, 32), k, np.float32), f"w{k}") for k in range(3)]
    names = ["x", "a", "b", "y"]
    nodes = [helper.make_node("MatMul", [names[k], f"w{k}"], [names[k + 1]]) for k in range(3)]
    graph = helper.make_graph(nodes, "external", [info("x", (1, 32))], [info("y", (1, 32))], weights)
    save(model_of(graph), "external", save_as_external_data=True, location="external.bin", size_threshold=0)


def operators():
    """Operators as they were in operator set 9."""
    rng = np.random.default_rng(5)
    weights = {
        "w": rng.standard_normal((4, 3, 3, 3), np.float32), "gamma": np.ones(4, np.float32), "beta": np.zeros(4, np.float32),
        "mean": np.zeros(4, np.float32), "variance": np.ones(4, np.float32), "fc": rng.standard_normal((16, 5), np.float32),
        "bias": np.zeros(5, np.float32), "shape": np.array([0, -1], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["c", "gamma", "beta", "mean", "variance"], ["n"], epsilon=1e-3),
        helper.make_node("Clip", ["n"], ["r"], min=0.0, max=6.0),
        helper.make_node("Dropout", ["r"], ["d"], ratio=0.5),
        helper.make_node("Pad", ["d"], ["p"], pads=[0, 0, 0, 0, 0, 0, 1, 1], value=1.5),
        helper.make_node("AveragePool", ["p"], ["a"], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
        helper.make_node("MaxPool", ["a"], ["m"], kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1]),
        helper.make_node("Transpose", ["m"], ["t"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["t", "shape"], ["f"]),
        helper.make_node("Gemm", ["f", "fc", "bias"], ["g"], alpha=0.5),
        helper.make_node("Unsqueeze", ["g"], ["u"], axes=[1]),
        helper.make_node("ReduceMean", ["u"], ["e"], axes=[1], keepdims=0),
        helper.make_node("Softmax", ["e"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes, "operators", [info("x", (1, 3, 12, 12))], [info("y", (1, 5))],
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    save(model_of(graph, 9, 4), "operators")


types()
everything()
external()
operators()
