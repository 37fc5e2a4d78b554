/// What to do with one model.
public struct OptimizationOptions: Sendable, Equatable {
    public enum Quantization: String, Sendable, CaseIterable {
        /// Weights per channel and activations as 8-bit integers; needs samples to take ranges from.
        case int8
        /// int8 weights; activations are quantized while the model runs.
        case dynamicRange = "dynamic-range"
        /// int8 weights; the arithmetic stays float.
        case weightOnly = "weight-only"
    }

    /// The types of the model's inputs and outputs.
    public enum Interface: String, Sendable, CaseIterable {
        case asInput = "as-input"
        case float, int8
    }

    public struct Pruning: Sendable, Equatable {
        public enum Scope: String, Sendable, CaseIterable {
            case perLayer = "per-layer"
            case global
        }

        /// The share of the prunable weights that become zero, in 0…1.
        public var sparsity: Double
        public var scope = Scope.perLayer
        public var includesDepthwise = false
        public var includesFirstAndLast = false

        public init(sparsity: Double) { self.sparsity = sparsity }
    }

    public struct Size: Sendable, Equatable {
        public var height: Int
        public var width: Int

        public init(height: Int, width: Int) {
            self.height = height
            self.width = width
        }
    }

    /// Limits that the result must keep. Where one is missed the result is written all the same.
    public struct Gates: Sendable, Equatable {
        /// How many percentage points of accuracy may be lost.
        public var maximumDrop: Double?
        /// Top-1 of the result, in percent.
        public var minimumAccuracy: Double?
        /// Bytes of the result.
        public var maximumSize: Int?

        public init() {}
    }

    /// Where the channels of array samples stand; images always have them last.
    public enum Layout: String, Sendable, CaseIterable {
        case auto, nhwc, nchw
    }

    /// The type of quantized activations.
    public enum Activations: String, Sendable, CaseIterable {
        case u8, s8
    }

    /// The extents of an input that the model leaves open.
    public struct InputShape: Sendable, Equatable {
        public var name: String
        public var sizes: [Int]

        public init(name: String, sizes: [Int]) {
            self.name = name
            self.sizes = sizes
        }
    }

    /// The model's file.
    public var input: String
    /// Where the result goes; nil for `NAME.optimized.tflite` or `.onnx` beside the input.
    public var output: String?
    /// Whether existing files are replaced. The output may then be the input itself.
    public var replacesOutput = false
    public var quantization: Quantization?
    public var interface = Interface.asInput
    /// The type of activations in a .onnx; nil for u8. A .tflite has s8 only.
    public var activations: Activations?
    /// Whether integer operators of a .onnx are written as QLinearConv and its like, and not between DequantizeLinear and
    /// QuantizeLinear.
    public var usesQOperators = false
    /// Fixes the shapes of inputs.
    public var shapes: [InputShape] = []
    public var pruning: Pruning?
    /// The names of the passes in running order, of `OptimizationJob.passes`; nil for
    /// `OptimizationJob.standardPasses`, and for a .onnx `clean-up` ahead of them.
    public var passes: [String]?
    /// Stop after this many changes, to find the one that breaks a model.
    public var patchLimit: Int?
    /// A data set from which the ranges of activations are taken.
    public var calibration: String?
    /// How many of its samples are used, from the first one on; nil for all.
    public var calibrationLimit: Int?
    /// A data set on which the models before and after are compared.
    public var evaluation: String?
    /// The model takes scale · raw + offset, where raw is what a data set holds.
    public var scale: Float = 1
    public var offset: Float = 0
    /// The size to which samples are resized; nil to take them as they are.
    public var resize: Size?
    /// Where the channels of array samples stand.
    public var layout = Layout.auto
    public var gates = Gates()
    /// Files for the report: `.json` or `.md`.
    public var reports: [String] = []
    /// Whether sizes under gzip are measured too, which takes longer than most other parts of a job.
    public var measuresCompressedSizes = true
    /// Whether the outputs of the models before and after are compared on some of the calibration samples where no
    /// evaluation was asked for.
    public var comparesModels = true
    /// Whether the results of their layers are compared where the models are.
    public var comparesLayers = true
    /// nil for one thread for each core, at most 4.
    public var threads: Int?
    /// Whether to refuse what would otherwise be done with a warning.
    public var isStrict = false
    /// The arguments that led here, for the report.
    public var command: [String] = []

    public init(input: String) { self.input = input }

    /// Whether a report can be written under this name.
    public static func isReportPath(_ path: String) -> Bool { ReportForm(path: path) != nil }

    /// Where the result goes.
    public var outputPath: String {
        if let output { return output }
        let (folder, name) = FilePath.split(input)
        for ending in [".tflite", ".onnx"] where name.lowercased().hasSuffix(ending) {
            return folder + name.dropLast(ending.count) + ".optimized" + ending
        }
        return folder + name + ".optimized." + (ModelFile.format(path: input) ?? .tflite).rawValue
    }
}
