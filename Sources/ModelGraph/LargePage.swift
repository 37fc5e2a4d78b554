#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Bytes that the system may give at once, instead of hundreds of small pages, if it is told where they are wanted.
package enum LargePage {
    package static let byteCount = 2 << 20

    /// Asks for large pages where the memory, which begins at one, fills them.
    package static func want(_ memory: UnsafeMutableRawBufferPointer) {
        #if os(Linux)
        madvise(memory.baseAddress, memory.count / byteCount * byteCount, MADV_HUGEPAGE)
        #endif
    }
}
