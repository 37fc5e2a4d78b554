import ModelGraph
import Runtime

/// One rewrite of a model, as a series of atomic patches.
///
/// A pass proposes; the runner applies each patch, validates the graph and asks for the next. A pass may keep what it
/// has found out between two patches.
package protocol Pass: SendableMetatype {
    /// Verb first, as on the command line.
    static var name: String { get }
    /// One line for help.
    static var summary: String { get }

    init(context: PassContext) throws(PassError)

    /// The next patch for the model's main graph; nil when there is nothing left to do.
    mutating func next(in graph: Graph) throws(PassError) -> GraphPatch?

    /// Remarks for the user: what was left alone, and why.
    var notes: [String] { get }

    /// The operators that stay in real numbers although the pass was to make them integer ones.
    var realOperators: [RealOperator] { get }

    /// What is known of weights that the pass has made, by their constant.
    var comparisons: [ValueID: KnownComparison] { get }
}

extension Pass {
    package var realOperators: [RealOperator] { [] }
    package var comparisons: [ValueID: KnownComparison] { [:] }
}

/// What a pass may draw on.
package struct PassContext: Sendable {
    /// The model before this pass.
    package var model: Model
    package var settings: PipelineSettings
    package var calibration: (any SampleSource)?
    package var pool: ThreadPool
    /// Takes the outputs of the calibration samples; nil unless they are those of the model that the pipeline was given.
    package var record: OutputRecord?
    /// The passes that come after this one.
    package var laterPasses: [String]
    package var progress: @Sendable (PipelineProgress) -> Void
}

/// How far the pipeline has come.
package struct PipelineProgress: Sendable {
    /// `quantize: calibrating`.
    package var stage: String
    package var completed: Int
    package var total: Int
}

extension [String] {
    /// The first few names, and how many more there are.
    var abridged: String {
        count <= 4 ? joined(separator: ", ") : "\(prefix(3).joined(separator: ", ")) and \(count - 3) more"
    }
}
