import ModelGraph

/// An error in planning or running a model.
package struct RuntimeError: ModelError {
    package enum Code: String, Sendable {
        case unsupportedOperator, unsupportedType, unsupportedNumerics, unknownShape, invalidModel, outOfMemory
        case wrongInput
    }

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

    package var kind: FailureKind {
        switch code {
        case .unsupportedOperator, .unsupportedType, .unsupportedNumerics, .unknownShape: .unsupported
        case .invalidModel, .wrongInput: .unreadable
        case .outOfMemory: .internal
        }
    }
}
