import ModelGraph

/// An error in a data set: unreadable files, or samples that do not fit the model.
package typealias DatasetError = CodedError<DatasetErrorCode>

/// What an error is about.
package enum DatasetErrorCode: String, FailureCode {
    case unreadable, unsupportedFormat, mismatch, empty, unwritable

    package var kind: FailureKind {
        switch self {
        case .unsupportedFormat: .unsupported
        case .unwritable: .output
        case .unreadable, .mismatch, .empty: .unreadable
        }
    }
}
