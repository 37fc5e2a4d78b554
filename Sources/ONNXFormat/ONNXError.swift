import ModelGraph

/// An error in a .onnx file or in the files that hold its weights, or in writing them.
package struct ONNXError: ModelError {
    package enum Code: String, Sendable {
        case notONNX, malformed, unsupported, externalData, cannotWrite
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
        case .notONNX, .malformed, .externalData: .unreadable
        case .unsupported: .unsupported
        case .cannotWrite: .output
        }
    }
}
