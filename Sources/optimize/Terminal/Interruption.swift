import CPlatform
import OptimizerKit
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What happens when a signal asks the process to end, or a file that is being read is cut short: nothing half-written
/// stays behind.
///
/// A thread does nothing but wait for signals, so that it may do anything that a signal handler may not.
enum Interruption {
    /// Called at the first signal instead of ending at once.
    private static let handler = Mutex<(@Sendable (Int32) -> Void)?>(nil)

    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Takes the signals from their usual course; threads that are created from now on inherit that.
    static func install() {
        // A reader that has gone, or a limit on the size of files, is an error of the write that meets it.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        change(SIG_BLOCK, signals)
    }

    private static func change(_ how: Int32, _ signals: [Int32]) {
        var mask = set(of: signals)
        pthread_sigmask(how, &mask, nil)
    }

    /// Does something else at the first signal; a second one ends the process.
    static func handleFirst(_ body: @escaping @Sendable (Int32) -> Void) { handler.withLock { $0 = body } }

    /// Ends the process as the signal would have done, so that a shell sees it.
    static func end(by number: Int32) -> Never {
        StagedFiles.abandon()
        signal(number, SIG_DFL)
        change(SIG_UNBLOCK, signals)
        raise(number)
        _exit(128 + number)
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in signals { sigaddset(&set, number) }
        return set
    }

    /// Starts the thread that waits for signals.
    static func watch() {
        // It has SIGBUS blocked from the beginning; the others need it.
        change(SIG_BLOCK, [SIGBUS])
        defer { change(SIG_UNBLOCK, [SIGBUS]) }
        #if canImport(Darwin)
        var started: pthread_t?
        let result = pthread_create(&started, nil, { _ in Interruption.waitForSignals() }, nil)
        #else
        var created = pthread_t()
        let result = pthread_create(&created, nil, { _ in Interruption.waitForSignals() }, nil)
        let started = Optional(created)
        #endif
        // Without it signals end the process as they always do.
        guard result == 0, let started else { return change(SIG_UNBLOCK, signals) }
        cp_tell_of_lost_memory(started)
    }

    /// What the thread does for the rest of the process.
    private static func waitForSignals() -> Never {
        var mask = set(of: signals + [SIGBUS])
        while true {
            var number: Int32 = 0
            guard sigwait(&mask, &number) == 0 else { continue }
            if number == SIGBUS { endByLostFile() }
            let first = handler.withLock { handler in
                defer { handler = nil }
                return handler
            }
            if let first {
                first(number)
            } else {
                eraseProgress()
                end(by: number)
            }
        }
    }

    private static func eraseProgress() {
        if Stream.error.isTerminal { Stream.error.tryWrite("\r\u{1B}[K") }
    }

    private static func endByLostFile() -> Never {
        eraseProgress()
        Messages().error("a file was cut short, or its disk failed, while it was being read")
        // The thread that reads may be the one that writes, and goes no further.
        StagedFiles.abandon(waitsForWriters: false)
        _exit(ExitCode.unreadable.rawValue)
    }
}
