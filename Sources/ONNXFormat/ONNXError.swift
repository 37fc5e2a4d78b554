import ModelGraph

/// An error in a .onnx file or in the files that hold its weights, or in writing them.
package typealias ONNXError = CodedError<ONNXErrorCode>

/// What an error is about.
package enum ONNXErrorCode: String, FailureCode {
    case notONNX, malformed, unsupported, externalData, cannotWrite

    package var kind: FailureKind {
        switch self {
        case .notONNX, .malformed, .externalData: .unreadable
        case .unsupported: .unsupported
        case .cannotWrite: .output
        }
    }
}
