import ModelGraph

/// An error in a .tflite file, or in writing one.
package typealias TFLiteError = CodedError<TFLiteErrorCode>

/// What an error is about.
package enum TFLiteErrorCode: String, FailureCode {
    case notTFLite, malformed, unsupported, cannotWrite

    package var kind: FailureKind {
        switch self {
        case .notTFLite, .malformed: .unreadable
        case .unsupported: .unsupported
        case .cannotWrite: .output
        }
    }
}
