import OptimizerKit

/// Which of the command's jobs is asked for.
enum Command: String, Sendable, CaseIterable {
    case optimize
    /// `optimize run`: runs a model once.
    case run
}

/// What the arguments come to.
struct Settings: Sendable {
    /// A question about the command itself, answered instead of any work.
    enum Question: Sendable, Equatable {
        case help, version, manual
        case completions(Shell)
    }

    var question: Question?
    /// The file or folder named on the command line.
    var model = ""
    /// Where the result goes; nil beside the input.
    var output: String?
    /// Everything that the job itself is asked for; its paths are filled in from `model` and `output`.
    var optimization = OptimizationOptions(input: "")
    /// The arrays that `optimize run` feeds.
    var arrays = ""
    /// Whose arithmetic a model is run with; empty for that of the engine that the model's format belongs to.
    var numerics: [EngineNumerics] = []
    var printsJSON = false
    var isQuiet = false
    var isVerbose = false
    /// Models at a time in a folder.
    var jobs = 1
    /// Seconds for each model of a folder; nil without limit.
    var timeout: Double?
}

/// A shell that completions can be printed for.
enum Shell: String, Sendable, CaseIterable {
    case bash, zsh, fish
}
