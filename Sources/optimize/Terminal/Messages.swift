/// Messages on standard error, each of one line that starts with the command's name.
struct Messages: Sendable {
    var isQuiet = false
    var isVerbose = false
    /// Erased before each message, so that they do not run into each other.
    var progress: ProgressBar?

    func error(_ message: String, hint: String? = nil) {
        var text = line("error", "31", message)
        if let hint { text += PrintableText.escaped(hint) + "\n" }
        write(text)
    }

    func warning(_ message: String) {
        if !isQuiet { write(line("warning", "33", message)) }
    }

    /// Shown with `--verbose` only.
    func note(_ message: String) {
        if isVerbose { write("optimize: " + PrintableText.escaped(message) + "\n") }
    }

    private func line(_ label: String, _ color: String, _ message: String) -> String {
        let label = Stream.error.usesColor ? "\u{1B}[\(color)m\(label):\u{1B}[0m" : "\(label):"
        return "optimize: \(label) \(PrintableText.escaped(message))\n"
    }

    private func write(_ text: String) {
        progress?.erase()
        Stream.error.tryWrite(text)
    }
}
