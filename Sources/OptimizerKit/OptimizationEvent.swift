/// How far a job has come.
public struct OptimizationProgress: Sendable, Equatable {
    /// What is being done: `quantize: observing ranges`.
    public var stage: String
    public var completed: Int
    /// nil where no end can be told.
    public var total: Int?

    public init(stage: String, completed: Int = 0, total: Int? = nil) {
        self.stage = stage
        self.completed = completed
        self.total = total
    }
}

/// What a job tells while it works; events come from any thread, one at a time or several at once.
public enum OptimizationEvent: Sendable {
    case progress(OptimizationProgress)
    /// Something that the user should know; also in the report.
    case warning(String)
    case finished(stage: String, seconds: Double)
}
