import ModelGraph
import Optimization
import Runtime

/// Makes one model smaller and measures what that costs.
///
///     var options = OptimizationOptions(input: "model.tflite")
///     options.quantization = .int8
///     options.calibration = "calib.npz"
///     options.evaluation = "eval.npz"
///     let result = try OptimizationJob(options).run()
///     print(result.outputBytes, result.accuracyAfter ?? .nan)
///
/// The stages: check the outputs, read, run the input model, run the passes, write, read the written file again and run
/// that, report. Outputs appear only when everything is done; an input is never changed, unless it is named as the
/// output and `replacesOutput` allows that. The same input and options give the same bytes.
public struct OptimizationJob: Sendable {
    public static let version = "0.1.0"

    public struct PassDescription: Sendable {
        public var name: String
        /// One line.
        public var summary: String
    }

    /// All passes.
    public static let passes = Pipeline.passes.map { PassDescription(name: $0.name, summary: $0.summary) }

    /// The names of those that run if none are named, in running order. Ahead of them a .onnx is cleaned up: there other
    /// tools leave the normalization, padding and no-ops that a .tflite has lost when it was converted.
    public static let standardPasses = Pipeline.defaultPasses

    /// The names of the passes that run on a model.
    static func passes(_ options: OptimizationOptions, for model: Model) -> [String] {
        options.passes ?? (model.format == .onnx ? [cleanUp] : []) + standardPasses
    }

    private static let cleanUp = CleanUpPass.name

    /// How many threads a job uses if it is not told.
    public static var defaultThreadCount: Int { ThreadPool.defaultThreadCount }

    public let options: OptimizationOptions

    public init(_ options: OptimizationOptions) { self.options = options }

    /// Does the job; returns when it is done.
    ///
    /// - Parameter observer: is told of progress and warnings, from any thread.
    /// - Throws: an error without any output left behind. A missed gate is no error: see `missedGates`.
    public func run(
        observer: @escaping @Sendable (OptimizationEvent) -> Void = { _ in }
    ) throws(OptimizationError) -> OptimizationResult {
        do {
            var run = JobRun(options: options, observer: observer)
            return OptimizationResult(report: try run.run())
        } catch {
            throw OptimizationError(error)
        }
    }
}
