import ModelGraph

/// An error in a data set: unreadable files, or samples that do not fit the model.
package struct DatasetError: ModelError {
    package enum Code: String, Sendable {
        case unreadable, unsupportedFormat, mismatch, empty, unwritable
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
        case .unsupportedFormat: .unsupported
        case .unwritable: .output
        case .unreadable, .mismatch, .empty: .unreadable
        }
    }
}
