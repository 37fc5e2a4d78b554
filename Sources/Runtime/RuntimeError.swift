import ModelGraph

/// An error in planning or running a model.
package typealias RuntimeError = CodedError<RuntimeErrorCode>

/// What an error is about.
package enum RuntimeErrorCode: String, FailureCode {
    case unsupportedOperator, unsupportedType, unsupportedNumerics, unknownShape, invalidModel, outOfMemory
    case wrongInput
    case indexOutOfRange

    package var kind: FailureKind {
        switch self {
        case .unsupportedOperator, .unsupportedType, .unsupportedNumerics, .unknownShape: .unsupported
        case .invalidModel, .wrongInput, .indexOutOfRange: .unreadable
        case .outOfMemory: .internal
        }
    }
}
