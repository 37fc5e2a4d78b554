import ModelGraph

/// An error in a .tflite file, or in writing one.
package struct TFLiteError: ModelError {
    package enum Code: String, Sendable {
        case notTFLite, malformed, unsupported, cannotWrite
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
        case .notTFLite, .malformed: .unreadable
        case .unsupported: .unsupported
        case .cannotWrite: .output
        }
    }
}
