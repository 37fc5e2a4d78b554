import OptimizerKit
import Synchronization

/// One line on a terminal that shows what is being done; it is erased at the end.
final class ProgressBar: Sendable {
    private struct State {
        var shown = ""
        var stage = ""
        var lastDraw: ContinuousClock.Instant?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let width: Int
    private let draw: @Sendable (String) -> Void

    /// Drawn at most this often.
    private static let interval = Duration.milliseconds(80)

    /// - Returns: nil where standard error is no terminal.
    static func onTerminal() -> ProgressBar? {
        guard Stream.error.isTerminal else { return nil }
        return ProgressBar(width: Stream.error.width) { Stream.error.tryWrite($0) }
    }

    init(width: Int, draw: @escaping @Sendable (String) -> Void) {
        self.width = width
        self.draw = draw
    }

    /// May be called from any thread.
    func show(_ progress: OptimizationProgress) {
        state.withLock { state in
            guard !state.isFinished else { return }
            let now = ContinuousClock.now
            // A new stage shows at once; its counts only as often as eyes follow.
            if progress.stage == state.stage, let last = state.lastDraw, now - last < Self.interval { return }
            state.stage = progress.stage
            state.lastDraw = now
            let line = Self.line(progress, width: width)
            guard line != state.shown else { return }
            draw("\r" + line + "\u{1B}[K")
            state.shown = line
        }
    }

    func erase() {
        state.withLock { state in
            if !state.shown.isEmpty { draw("\r\u{1B}[K") }
            state.shown = ""
        }
    }

    /// Erases the line for good.
    func finish() {
        erase()
        state.withLock { $0.isFinished = true }
    }

    /// `calibrate  [########------------] 40/100`, in fewer than `width` columns, so that it never wraps.
    static func line(_ progress: OptimizationProgress, width: Int) -> String {
        var text = PrintableText.escaped(progress.stage)
        if let total = progress.total, total > 0 {
            let done = min(max(progress.completed, 0), total)
            let counts = "\(done)/\(total)"
            let columns = min(30, width - text.count - counts.count - 6)
            if columns >= 5 {
                let filled = Int(Double(columns) * Double(done) / Double(total))
                text += "  [" + String(repeating: "#", count: filled)
                text += String(repeating: "-", count: columns - filled) + "]"
            }
            text += " " + counts
        }
        return String(text.prefix(max(0, width - 1)))
    }
}
