import OptimizerKit

/// Which of the command's jobs is asked for.
enum Command: String, Sendable, CaseIterable {
    case optimize
    /// `optimize run`: runs a model.
    case run
    /// `optimize compare`: where two models, or two ways of running one, differ.
    case compare
    /// `optimize inspect`: what a model is made of.
    case inspect
    /// `optimize bench`: how fast a model runs.
    case bench

    /// The command that the first argument names.
    init(firstArgument: String?) {
        self = firstArgument.flatMap { $0 == Command.optimize.rawValue ? nil : Command(rawValue: $0) } ?? .optimize
    }

    /// What it does, in a few words.
    var purpose: String {
        switch self {
        case .optimize: "make a model smaller"
        case .run: "run a model"
        case .compare: "where two models or engines differ"
        case .inspect: "what a model is made of"
        case .bench: "how fast a model runs"
        }
    }

    /// How it is called: `optimize run`.
    var spelling: String { self == .optimize ? "optimize" : "optimize \(rawValue)" }
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
    /// The model that `optimize compare` compares with the first; nil for the first itself.
    var otherModel: String?
    /// Where the result goes; nil beside the input.
    var output: String?
    /// Everything that the job itself is asked for; its paths are filled in from `model` and `output`.
    var optimization = OptimizationOptions(input: "")
    /// The arrays that `optimize run` and `optimize compare` feed.
    var arrays = ""
    /// The layer that `optimize compare` writes as a model of its own.
    var layer: String?
    /// Whose arithmetic a model is run with; empty for that of the engine that the model's format belongs to.
    var numerics: [EngineNumerics] = []
    var printsJSON = false
    /// How many samples `optimize bench` runs at once; nil for one.
    var batch: Int?
    /// Whether `optimize bench` measures each operator by itself.
    var measuresLayers = false
    /// How long `optimize bench` measures.
    var seconds = 1.0
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
