"""One engine with one model, warm and waiting: python engines.py ENGINE MODEL THREADS BATCH [INPUT=1,2,3...]

Extents that the model leaves open are those of INPUT, else 1.

Reads commands from standard input, a line each, and answers each with a line of JSON:
    measure SECONDS     {"median": µs, "minimum": µs, "runs": n} of one inference
    run IN.npz OUT.npz  runs the inputs, and writes the outputs as out0, out1, ...
Engines: litert (with XNNPACK, as it comes), litert-reference, onnxruntime, openvino.
"""
import json
import os
import statistics
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np

WARM_UPS, LEAST_RUNS = 5, 5


class LiteRT:
    def __init__(self, path, threads, batch, shapes, is_reference=False):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        kind = OpResolverType.BUILTIN_REF if is_reference else OpResolverType.AUTO
        self.interpreter = Interpreter(path, num_threads=threads, experimental_op_resolver_type=kind)
        self.open = set()
        for detail in self.interpreter.get_input_details():
            name, shape = detail["name"], list(detail["shape"])
            if -1 in detail["shape_signature"]:
                self.open.add(name)
                shape = shapes.get(name, shape)
            if batch > 1 and shape:
                shape = [batch, *shape[1:]]
            if shape != list(detail["shape"]):
                self.interpreter.resize_tensor_input(detail["index"], shape)
        self.interpreter.allocate_tensors()
        self.inputs = {d["name"]: (d["shape"], d["dtype"]) for d in self.interpreter.get_input_details()}
        self.indices = {d["name"]: d["index"] for d in self.interpreter.get_input_details()}
        self.run = self.interpreter.invoke

    def feed(self, arrays):
        for name, array in arrays.items():
            self.interpreter.set_tensor(self.indices[name], array)

    def outputs(self):
        return [self.interpreter.get_tensor(d["index"]) for d in self.interpreter.get_output_details()]


class ONNXRuntime:
    TYPES = {"float": np.float32, "float16": np.float16, "double": np.float64, "bool": np.bool_}

    def __init__(self, path, threads, batch, shapes):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.open = {i.name for i in self.session.get_inputs() if any(not isinstance(n, int) for n in i.shape)}
        self.inputs = {
            i.name: (closed(i.shape, batch, shapes.get(i.name)), self.type(i.type)) for i in self.session.get_inputs()}
        # What is bound once need not be looked up in every run.
        self.binding = self.session.io_binding()
        for output in self.session.get_outputs():
            self.binding.bind_output(output.name)

    def type(self, name):
        name = name.removeprefix("tensor(").removesuffix(")")
        return self.TYPES.get(name) or np.dtype(name).type

    def feed(self, arrays):
        self.arrays = arrays
        for name, array in arrays.items():
            self.binding.bind_cpu_input(name, array)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def outputs(self):
        return self.session.run(None, self.arrays)


class OpenVINO:
    def __init__(self, path, threads, batch, shapes):
        import openvino

        self.openvino = openvino
        core = openvino.Core()
        model = core.read_model(path)
        self.open = {i.any_name for i in model.inputs if i.partial_shape.is_dynamic}
        if batch > 1 or self.open:
            extents = {i: [n.get_length() if n.is_static else None for n in i.partial_shape] for i in model.inputs}
            model.reshape({i: closed(each, batch, shapes.get(i.any_name)) for i, each in extents.items()})
        # Without the last, float32 models run in bfloat16 where the processor has it, with three digits.
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        self.request = compiled.create_infer_request()
        self.inputs = {i.any_name: (list(i.shape), i.element_type.to_dtype()) for i in compiled.inputs}

    def feed(self, arrays):
        for name, array in arrays.items():
            self.request.set_tensor(name, self.openvino.Tensor(array))

    def run(self):
        self.request.infer(share_outputs=True)

    def outputs(self):
        self.run()
        return [np.array(t.data) for t in self.request.output_tensors]


ENGINES = {
    "litert": LiteRT, "litert-reference": lambda *a: LiteRT(*a, is_reference=True), "onnxruntime": ONNXRuntime,
    "openvino": OpenVINO}


def closed(shape, batch, given):
    """What a model leaves open is no number."""
    shape = list(given or [n if isinstance(n, int) else 1 for n in shape])
    return [batch, *shape[1:]] if shape and batch > 1 else shape


def random_inputs(inputs):
    """Integers of more than a byte are indices, lengths and choices: the least of them fit in most models."""
    rng = np.random.default_rng(1)

    def numbers(shape, kind):
        if np.issubdtype(kind, np.floating):
            return rng.random(shape).astype(kind)
        return rng.integers(0, 128 if np.dtype(kind).itemsize == 1 and kind != np.bool_ else 2, shape).astype(kind)

    return {name: numbers(shape, kind) for name, (shape, kind) in inputs.items()}


def measure(engine, seconds):
    for _ in range(WARM_UPS):
        engine.run()
    times, end = [], time.perf_counter() + seconds
    while len(times) < LEAST_RUNS or time.perf_counter() < end:
        start = time.perf_counter()
        engine.run()
        times.append(time.perf_counter() - start)
    return {"median": 1e6 * statistics.median(times), "minimum": 1e6 * min(times), "runs": len(times)}


def main():
    name, path, threads, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    given = (argument.rsplit("=", 1) for argument in sys.argv[5:])
    engine = ENGINES[name](path, threads, batch, {name: [int(n) for n in shape.split(",")] for name, shape in given})
    engine.feed(random_inputs(engine.inputs))
    inputs = {
        name: ([int(n) for n in shape], np.dtype(kind).name, name in engine.open)
        for name, (shape, kind) in engine.inputs.items()}
    print(json.dumps({"inputs": inputs}), flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "measure":
            answer = measure(engine, float(arguments[0]))
        else:
            engine.feed({k: np.ascontiguousarray(a) for k, a in np.load(arguments[0]).items()})
            engine.run()
            np.savez(arguments[1], **{f"out{i}": a for i, a in enumerate(engine.outputs())})
            answer = {}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
