#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the system calls an error.
enum SystemMessage {
    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
