import CPlatform

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A thread of the system, which runs one piece of work. It is joined or detached once.
package struct SystemThread: @unchecked Sendable {
    private let thread: pthread_t

    /// What a thread does; its function takes nothing generic.
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }

        static func main(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }
    }

    /// Starts the thread, with as much stack as the first one has: systems give others as little as a sixtieth.
    ///
    /// - Returns: nil if there can be no more threads.
    package init?(_ body: @escaping @Sendable () -> Void) {
        let argument = Unmanaged.passRetained(Body(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 8 << 20)
        #if canImport(Darwin)
        var started: pthread_t?
        let result = pthread_create(&started, &attributes, { Body.main($0) }, argument.toOpaque())
        #else
        var created = pthread_t()
        let result = pthread_create(&created, &attributes, { $0.flatMap { Body.main($0) } }, argument.toOpaque())
        let started = Optional(created)
        #endif
        guard result == 0, let started else {
            argument.release()
            return nil
        }
        cp_start_elsewhere(started)
        thread = started
    }

    /// Waits for its end; a thread that would wait for itself is detached.
    package func join() {
        guard pthread_equal(thread, pthread_self()) == 0 else { return detach() }
        pthread_join(thread, nil)
    }

    /// Lets it end by itself.
    package func detach() { pthread_detach(thread) }
}
