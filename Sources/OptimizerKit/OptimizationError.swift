import ModelGraph

/// Why a job ended without a result: what is wrong, where, and what to do about it.
public struct OptimizationError: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// A model or a data set cannot be read, or is not valid.
        case unreadable
        /// The input is valid, but asks for something that is not there.
        case unsupported
        /// The options contradict each other or the input.
        case usage
        /// The output cannot be written.
        case output
        /// A mistake of ours, or a lack of memory.
        case `internal`
    }

    public var kind: Kind
    /// One line: where it is, what is wrong, what to do.
    public var description: String

    package init(_ kind: Kind, _ message: String, at location: String? = nil, remedy: String? = nil) {
        self.kind = kind
        description = (location.map { "\($0): " } ?? "") + message + (remedy.map { " (\($0))" } ?? "")
    }

    /// Any module's error.
    init(_ error: any Error) {
        switch error {
        case let error as OptimizationError: self = error
        case let error as any ModelError:
            let kind: Kind =
                switch error.kind {
                case .unreadable: .unreadable
                case .unsupported: .unsupported
                case .usage: .usage
                case .output: .output
                case .internal: .internal
                }
            self.init(kind, error.description)
        default: self.init(.internal, "\(error)")
        }
    }
}
