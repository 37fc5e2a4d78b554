import ModelGraph

/// What a run did to a model and what that cost.
package struct Report: Sendable, Codable {
    /// The version of the JSON form; raised when a field changes its meaning or goes away.
    package static let currentVersion = 1

    package var version = currentVersion

    package init() {}
}
