import OptimizerKit
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What happens when a signal asks the process to end: nothing half-written stays behind.
///
/// A thread does nothing but wait for them, so that it may do anything that a signal handler may not.
enum Interruption {
    /// Called at the first signal instead of ending at once.
    private static let handler = Mutex<(@Sendable (Int32) -> Void)?>(nil)

    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Takes the signals from their usual course; threads that are created from now on inherit that.
    static func install() {
        // A reader that has gone, or a limit on the size of files, is an error of the write that meets it.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        change(SIG_BLOCK)
    }

    private static func change(_ how: Int32) {
        var mask = Self.mask
        pthread_sigmask(how, &mask, nil)
    }

    /// Does something else at the first signal; a second one ends the process.
    static func handleFirst(_ body: @escaping @Sendable (Int32) -> Void) { handler.withLock { $0 = body } }

    /// Ends the process as the signal would have done, so that a shell sees it.
    static func end(by number: Int32) -> Never {
        StagedFiles.abandon()
        signal(number, SIG_DFL)
        change(SIG_UNBLOCK)
        raise(number)
        _exit(128 + number)
    }

    private static var mask: sigset_t {
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in signals { sigaddset(&mask, number) }
        return mask
    }

    /// Starts the thread that waits for signals.
    static func watch() {
        #if canImport(Darwin)
        var thread: pthread_t?
        let result = pthread_create(&thread, nil, { _ in Interruption.waitForSignals() }, nil)
        #else
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, { _ in Interruption.waitForSignals() }, nil)
        #endif
        // Without it signals end the process as they always do.
        if result != 0 { change(SIG_UNBLOCK) }
    }

    /// What the thread does for the rest of the process.
    private static func waitForSignals() -> Never {
        var mask = Self.mask
        while true {
            var number: Int32 = 0
            guard sigwait(&mask, &number) == 0 else { continue }
            let first = handler.withLock { handler in
                defer { handler = nil }
                return handler
            }
            if let first {
                first(number)
            } else {
                if Stream.error.isTerminal { Stream.error.tryWrite("\r\u{1B}[K") }
                end(by: number)
            }
        }
    }
}
