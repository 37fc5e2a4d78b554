#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Memory that several constants are parts of, filled in before any of them is made.
package final class MemoryBlock: @unchecked Sendable {
    /// Written to until there are constants in it, and only read from then on.
    package let bytes: UnsafeMutableRawBufferPointer

    private static let largePage = 1 << 21

    package init(byteCount: Int) {
        // Where the system has large pages, it gives one of them at once instead of hundreds of small ones.
        guard byteCount >= Self.largePage / 2 else {
            bytes = .allocate(byteCount: byteCount, alignment: 64)
            return
        }
        let pages = (byteCount - 1) / Self.largePage + 1
        bytes = .allocate(byteCount: pages * Self.largePage, alignment: Self.largePage)
        #if os(Linux)
        madvise(bytes.baseAddress, bytes.count, MADV_HUGEPAGE)
        #endif
    }

    deinit { bytes.deallocate() }
}
