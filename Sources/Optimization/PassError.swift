import ModelGraph

/// An error in a pass; names the pass.
package struct PassError: ModelError {
    package enum Code: String, Sendable {
        case unknownPass, invalidSetting, calibrationRequired, invalidSample, cannotRun, invalidPatch, unresolved
    }

    package var code: Code
    package var pass: String?
    package var message: String
    package var remedy: String?
    package var cause: (any Error)?

    package init(
        _ code: Code, _ message: String, pass: String? = nil, remedy: String? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.pass = pass
        self.remedy = remedy
        self.cause = cause
    }

    package var location: String? { pass.map { "pass \($0)" } }

    package var kind: FailureKind {
        switch code {
        case .unknownPass, .invalidSetting, .calibrationRequired: .usage
        case .cannotRun: (cause as? any ModelError)?.kind ?? .unsupported
        case .invalidSample: .unreadable
        case .invalidPatch, .unresolved: .internal
        }
    }
}
