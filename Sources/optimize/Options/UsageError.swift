/// Arguments that cannot be understood, or that contradict each other.
struct UsageError: Error, Equatable {
    /// What is wrong, in one line.
    var message: String
    /// What to do; otherwise a pointer to `--help` is shown.
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
