#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard output or standard error.
struct Stream: Sendable {
    let descriptor: Int32
    let isTerminal: Bool
    /// Columns; 80 where it is no terminal.
    let width: Int
    /// Whether colors may be used: on terminals that know them, unless NO_COLOR asks for none.
    let usesColor: Bool

    static let output = Stream(descriptor: STDOUT_FILENO)
    static let error = Stream(descriptor: STDERR_FILENO)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        var size = winsize()
        let isKnown = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? Int(size.ws_col) : 80
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        usesColor = isTerminal && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
    }

    /// Columns for tables; generous in files, where lines do not wrap and names are searched for.
    var tableWidth: Int { isTerminal ? width : 160 }

    /// Takes the numbers of closed standard streams, so that no file that is opened later gets one of them and is written
    /// to by mistake; writing to such a stream fails.
    static func reserveDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// How writing failed.
    enum Failure: Error {
        /// The reader has gone. It has what it wanted, so this is no mistake.
        case closed
        case error(Int32)
    }

    func write(_ text: String) throws(Failure) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { platformWrite(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: poll(descriptor)
            case EPIPE: throw .closed
            case let number: throw .error(number)
            }
        }
    }

    /// Writes what may get lost, such as progress and messages.
    func tryWrite(_ text: String) { try? write(text) }

    private func poll(_ descriptor: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = platformPoll(&entry, 1, 1000)
    }
}

/// `Stream` has methods of these names.
private func platformWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func platformPoll(_ entries: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ milliseconds: Int32) -> Int32 {
    poll(entries, count, milliseconds)
}
