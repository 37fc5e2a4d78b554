import OptimizerKit

/// What the command tells a shell.
enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case gateFailed = 1
    case usage = 2
    case unreadable = 3
    case unsupported = 4
    case output = 5
    case folderFailed = 6
    case `internal` = 70

    var meaning: String {
        switch self {
        case .done: "done"
        case .gateFailed: "done, but a gate failed (--max-drop, --min-accuracy, --max-size); the result is written"
        case .usage: "wrong usage"
        case .unreadable: "the input cannot be read, or is no valid model or data set"
        case .unsupported: "the input is valid, but asks for something that is not supported"
        case .output: "the output cannot be written, or exists and --force is not given"
        case .folderFailed: "some models of a folder have no result"
        case .internal: "a mistake of the program, or out of memory"
        }
    }

    init(_ kind: OptimizationError.Kind) {
        self =
            switch kind {
            case .unreadable: .unreadable
            case .unsupported: .unsupported
            case .usage: .usage
            case .output: .output
            case .internal: .internal
            }
    }
}
