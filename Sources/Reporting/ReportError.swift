import ModelGraph

/// A report that cannot be read.
package struct ReportError: ModelError {
    package var message: String
    package var kind: FailureKind { .unreadable }

    package init(message: String) { self.message = message }
}
