/// What kind of failure an error is; the command maps each to a documented exit code.
package enum FailureKind: String, Sendable {
    /// The input cannot be read or is not a valid file of its kind.
    case unreadable
    /// The input is valid, but asks for something that is not there.
    case unsupported
    /// The options contradict each other or the input.
    case usage
    /// The output cannot be written.
    case output
    /// A mistake of ours.
    case `internal`
}

/// An error that can be shown to a user: what is wrong, where, and what to do about it.
///
/// Each module has its own error type; all of them can be shown in the same way.
package protocol ModelError: Error, Sendable, CustomStringConvertible {
    var kind: FailureKind { get }
    /// What is wrong, in one line, without a final full stop.
    var message: String { get }
    /// Where: a file, an offset, an operator, a tensor.
    var location: String? { get }
    /// What the user can do.
    var remedy: String? { get }
    var cause: (any Error)? { get }
}

extension ModelError {
    package var location: String? { nil }
    package var remedy: String? { nil }
    package var cause: (any Error)? { nil }

    /// One line: `location: message: cause (remedy)`.
    package var description: String {
        var line = message
        if let location { line = "\(location): \(line)" }
        if let cause { line += ": \(cause)" }
        if let remedy { line += " (\(remedy))" }
        return line
    }
}

/// An error in the structure of a graph, or in an edit of it.
package struct GraphError: ModelError {
    package enum Code: String, Sendable {
        case danglingReference, duplicateProducer, cycle, invalidShape, invalidData, invalidQuantization
        case invalidAttribute, typeMismatch, unsupported
    }

    package var code: Code
    package var message: String
    package var location: String?

    package init(_ code: Code, _ message: String, at location: String? = nil) {
        self.code = code
        self.message = message
        self.location = location
    }

    package var kind: FailureKind { code == .unsupported ? .unsupported : .unreadable }
}

/// The codes of one module's errors.
package protocol FailureCode: Sendable, Equatable {
    var kind: FailureKind { get }
}

/// An error of a module that tells its errors apart by a code.
package struct CodedError<Code: FailureCode>: ModelError {
    package var code: Code
    package var message: String
    package var location: String?
    package var remedy: String?
    package var cause: (any Error)?

    package init(
        _ code: Code, _ message: String, at location: String? = nil, remedy: String? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.remedy = remedy
        self.cause = cause
    }

    package var kind: FailureKind { code.kind }
}
