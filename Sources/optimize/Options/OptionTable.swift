import OptimizerKit

/// Every option of the command, in the order of the help.
enum OptionTable {
    static func options(of command: Command) -> [Option] { all.filter { $0.commands.contains(command) } }

    static let all: [Option] = compression + data + gates + output + running + comparison + information

    private static let compression: [Option] = [
        .flag(
            "int8", .compression, "weights per channel and activations as 8-bit integers",
            excludes: ["dynamic-range", "weight-only"]
        ) { $0.optimization.quantization = .int8 },
        .flag(
            "dynamic-range", .compression, "int8 weights; activations are quantized while the model runs",
            excludes: ["int8", "weight-only"]
        ) { $0.optimization.quantization = .dynamicRange },
        .flag(
            "weight-only", .compression, "int8 weights; the arithmetic stays float",
            excludes: ["int8", "dynamic-range"]
        ) { $0.optimization.quantization = .weightOnly },
        .number(
            "prune", "SHARE", in: 0...1, .compression,
            "set this share (0 to 1) of the prunable weights to zero, the smallest first; depthwise layers and the "
                + "first and last layer are left alone"
        ) { settings, share in
            var pruning = settings.pruning
            pruning.sparsity = share
            settings.optimization.pruning = pruning
        },
        .choice(
            "prune-scope", "SCOPE", of: OptimizationOptions.Pruning.Scope.self, .compression,
            "per-layer: the same share of every layer; global: the smallest of the whole model",
            standard: "per-layer", requires: ["prune"]
        ) { settings, scope in
            var pruning = settings.pruning
            pruning.scope = scope
            settings.optimization.pruning = pruning
        },
        .flag("prune-depthwise", .compression, "prune depthwise layers too", requires: ["prune"]) {
            var pruning = $0.pruning
            pruning.includesDepthwise = true
            $0.optimization.pruning = pruning
        },
        .flag("prune-first-last", .compression, "prune the first and the last layer too", requires: ["prune"]) {
            var pruning = $0.pruning
            pruning.includesFirstAndLast = true
            $0.optimization.pruning = pruning
        },
        .flag(
            "float-io", .compression, "float inputs and outputs, whatever the input model has", excludes: ["int8-io"],
            requires: ["int8"]
        ) { $0.optimization.interface = .float },
        .flag(
            "int8-io", .compression, "int8 inputs and outputs, whatever the input model has", excludes: ["float-io"],
            requires: ["int8"]
        ) { $0.optimization.interface = .int8 },
        .choice(
            "activations", "TYPE", of: OptimizationOptions.Activations.self, .compression,
            "the type of activations in a .onnx: u8 is what onnxruntime fuses best on x86; a .tflite always has s8",
            standard: "u8", requires: ["int8"]
        ) { $0.optimization.activations = $1 },
        .flag(
            "qoperator", .compression,
            "write a .onnx with integer operators (QLinearConv), not with operators between DequantizeLinear and "
                + "QuantizeLinear", requires: ["int8"]
        ) { $0.optimization.usesQOperators = true },
        shape,
        pipeline,
    ]

    private static let pipeline = Option(
        name: "pipeline", placeholder: "PASS,…", group: .compression,
        summary: "the passes to run, in this order; of "
            + Option.list(OptimizationJob.passes.map(\.name), last: "and"),
        standard: OptimizationJob.standardPasses.joined(separator: ",") + ", for a .onnx clean-up ahead of them",
        commands: [.optimize]
    ) { value, settings throws(Option.Expectation) in
        let known = OptimizationJob.passes.map(\.name)
        let names = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy(known.contains) else {
            throw Option.Expectation("names of passes with commas between them (\(known.joined(separator: ", ")))")
        }
        guard Set(names).count == names.count else { throw Option.Expectation("each pass once") }
        settings.optimization.passes = names
    }

    private static let shape = Option(
        name: "shape", placeholder: "NAME=N,…", group: .compression,
        summary: "fix the extents of an input that a .onnx leaves open, such as input=1,3,224,224; repeatable",
        commands: [.optimize, .inspect, .bench, .compare], isRepeatable: true
    ) { value, settings throws(Option.Expectation) in
        let expectation = Option.Expectation("an input's name and its extents, such as input=1,3,224,224")
        guard let equals = value.lastIndex(of: "="), equals > value.startIndex else { throw expectation }
        let sizes = value[value.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
            .map { Int($0) }
        guard !sizes.isEmpty, sizes.count <= 64,
            sizes.allSatisfy({ $0.map { (1...Int(Int32.max)).contains($0) } ?? false })
        else { throw expectation }
        settings.optimization.shapes.append(
            .init(name: String(value[..<equals]), sizes: sizes.compactMap { $0 }))
    }

    private static let data: [Option] = [
        .path(
            "calibrate", "DATA", .data,
            "samples from which the ranges of activations are taken: a .npz or .npy file, or a folder of images"
        ) { $0.optimization.calibration = $1 },
        .count(
            "samples", in: 1...Int.max, .data, "use only the first N samples to calibrate, or to compare",
            standard: "all", commands: [.optimize, .compare]
        ) { $0.optimization.calibrationLimit = $1 },
        .path(
            "evaluate", "DATA", .data,
            "samples on which the models before and after are compared: accuracy if they bear labels, agreement if not",
            commands: [.optimize, .compare]
        ) { $0.optimization.evaluation = $1 },
        .number(
            "scale", "S", in: -floatLimit...floatLimit, .data,
            "the model takes S · raw + O, where raw is what the data holds",
            standard: "1", commands: [.optimize, .compare], requires: ["calibrate", "evaluate"]
        ) { $0.optimization.scale = Float($1) },
        .number(
            "offset", "O", in: -floatLimit...floatLimit, .data, "see --scale", standard: "0",
            commands: [.optimize, .compare], requires: ["calibrate", "evaluate"]
        ) { $0.optimization.offset = Float($1) },
        resize,
        .choice(
            "layout", "LAYOUT", of: OptimizationOptions.Layout.self, .data,
            "where the channels of array samples stand: nhwc or nchw; auto takes what fits the model",
            standard: "auto", commands: [.optimize, .compare], requires: ["calibrate", "evaluate"]
        ) { $0.optimization.layout = $1 },
    ]

    private static let floatLimit = Double(Float.greatestFiniteMagnitude)

    private static let resize = Option(
        name: "resize", placeholder: "HxW", group: .data,
        summary: "resize the samples to this height and width, bilinearly",
        commands: [.optimize, .compare], requires: ["calibrate", "evaluate"]
    ) { value, settings throws(Option.Expectation) in
        let parts = value.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let height = parts[0], let width = parts[1], (1...16384).contains(height),
            (1...16384).contains(width)
        else { throw Option.Expectation("a height and a width of 1 to 16384, such as 96x128") }
        settings.optimization.resize = .init(height: height, width: width)
    }

    private static let gates: [Option] = [
        .number(
            "max-drop", "POINTS", in: 0...100, .gates, "fail if accuracy drops by more percentage points than this",
            requires: ["evaluate"]
        ) { $0.optimization.gates.maximumDrop = $1 },
        .number(
            "min-accuracy", "PERCENT", in: 0...100, .gates, "fail if the accuracy of the result is less",
            requires: ["evaluate"]
        ) { $0.optimization.gates.minimumAccuracy = $1 },
        Option(
            name: "max-size", placeholder: "SIZE", group: .gates,
            summary:
                "fail if the result is larger, such as 300KB (kB, MB, GB are powers of 1000; KiB, MiB, GiB of 1024)",
            commands: [.optimize], takesNumber: true
        ) { value, settings throws(Option.Expectation) in
            guard let size = ByteCount.parse(value) else { throw Option.Expectation("a size such as 300KB or 1.5MiB") }
            settings.optimization.gates.maximumSize = size
        },
    ]

    private static let output: [Option] = [
        .path(
            "output", short: "o", "PATH", .output,
            "where the result goes; for a folder the folder of the results. With run: the .npz file for the outputs",
            standard: "NAME.optimized.tflite or .onnx beside the input", commands: [.optimize, .run, .compare],
            isForFolder: true
        ) { $0.output = $1 },
        .path(
            "report", "FILE", .output, "write the report, as JSON or Markdown by the name's ending; repeatable",
            isRepeatable: true, isForFolder: true
        ) { settings, path throws(Option.Expectation) in
            guard OptimizationOptions.isReportPath(path) else {
                throw Option.Expectation("a name that ends in .json or .md")
            }
            settings.optimization.reports.append(path)
        },
        .flag(
            "json", .output, "print the report as JSON, and nothing else, on standard output",
            commands: [.optimize, .compare, .inspect, .bench], isForFolder: true
        ) { $0.printsJSON = true },
        .flag("force", .output, "overwrite existing files", commands: [.optimize, .run, .compare]) {
            $0.optimization.replacesOutput = true
        },
        .flag(
            "quiet", .output, "print no summary and no warnings; without a report, the models are not compared",
            excludes: ["verbose"], isForFolder: true
        ) {
            $0.isQuiet = true
        },
        .flag("verbose", .output, "say on standard error what is being done", excludes: ["quiet"], isForFolder: true) {
            $0.isVerbose = true
        },
    ]

    private static let running: [Option] = [
        .path(
            "input", "FILE", .running, "the .npz file with the inputs, named after the model's",
            commands: [.run, .compare]
        ) { $0.arrays = $1 },
        numerics,
        .count(
            "threads", in: 1...256, .running, "threads: each runs samples of its own, or all of them share one",
            standard: "one for each core, at most 4",
            commands: [.optimize, .run, .compare, .bench]
        ) { $0.optimization.threads = $1 },
        .count(
            "batch", in: 1...4096, .running, "samples in one run", standard: "1, for throughput what is fastest",
            commands: [.bench]
        ) { $0.batch = $1 },
        .flag("per-layer", .running, "measure each operator by itself, too", commands: [.bench]) {
            $0.measuresLayers = true
        },
        .number(
            "seconds", "S", in: 0.001...3600, .running,
            "how long to measure: the time of a run, then throughput, then layers", standard: "1", commands: [.bench]
        ) { $0.seconds = $1 },
        .count("jobs", in: 1...256, .running, "models at a time in a folder", standard: "1", isForFolder: true) {
            $0.jobs = $1
        },
        .number(
            "timeout", "SECONDS", in: 0.001...1e9, .running, "give up a model of a folder after this time",
            standard: "none", isForFolder: true
        ) { $0.timeout = $1 },
        .flag("strict", .running, "refuse what would otherwise be done with a warning") {
            $0.optimization.isStrict = true
        },
        .count(
            "stop-after-patch", in: 0...Int.max, .running, "stop after N changes, to find the one that breaks a model"
        ) { $0.optimization.patchLimit = $1 },
    ]

    private static let numerics = Option(
        name: "numerics", placeholder: "ENGINE",
        completion: .choices(EngineNumerics.allCases.map(\.rawValue)), group: .running,
        summary:
            "whose int8 arithmetic to follow: LiteRT's reference kernels (reference), LiteRT's default (xnnpack), or "
            + "onnxruntime; with compare one for each side: reference,xnnpack",
        standard: "reference for a .tflite, onnxruntime for a .onnx", commands: [.run, .compare, .bench]
    ) { value, settings throws(Option.Expectation) in
        let names = value.split(separator: ",", omittingEmptySubsequences: false)
        let engines = names.compactMap { EngineNumerics(rawValue: String($0)) }
        guard engines.count == names.count, engines.count <= 2 else {
            throw Option.Expectation(
                Option.list(EngineNumerics.allCases.map(\.rawValue), last: "or") + ", or two of them with a comma")
        }
        settings.numerics = engines
    }

    private static let comparison: [Option] = [
        .path(
            "extract-layer", "NAME", .running,
            "write the operator that computes the tensor NAME as a model of its own to --output, and what it reads for the "
                + "first sample beside it as .npz", commands: [.compare], requires: ["output"]
        ) { $0.layer = $1 }
    ]

    private static let information: [Option] = [
        .flag("help", short: "h", .information, "print this help", commands: Command.allCases) {
            $0.question = .help
        },
        .flag("version", .information, "print the version", commands: Command.allCases) { $0.question = .version },
        .flag("man", .information, "print a manual page, for man -l -") { $0.question = .manual },
        .choice(
            "completions", "SHELL", of: Shell.self, .information, "print completions for bash, zsh or fish"
        ) { $0.question = .completions($1) },
    ]
}

extension Settings {
    /// The pruning options given so far; without `--prune` they stand for nothing, and parsing refuses them.
    fileprivate var pruning: OptimizationOptions.Pruning { optimization.pruning ?? .init(sparsity: 0) }
}
