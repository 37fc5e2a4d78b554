import ModelGraph

/// An error in planning or running a model.
package typealias RuntimeError = CodedError<RuntimeErrorCode>

/// What an error is about.
package enum RuntimeErrorCode: String, FailureCode {
    case unsupportedOperator, unsupportedType, unknownShape, invalidModel, outOfMemory
    case wrongInput
    case indexOutOfRange
    /// What has to be known to plan an operator is computed while running: it is planned then.
    case computedOperand

    package var kind: FailureKind {
        switch self {
        case .unsupportedOperator, .unsupportedType, .unknownShape, .outOfMemory,
            .computedOperand:
            .unsupported
        case .invalidModel, .wrongInput, .indexOutOfRange: .unreadable
        }
    }
}
