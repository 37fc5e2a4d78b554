/// Memory that several constants are parts of, filled in before any of them is made.
package final class MemoryBlock: @unchecked Sendable {
    /// Written to until there are constants in it, and only read from then on.
    package let bytes: UnsafeMutableRawBufferPointer

    package init(byteCount: Int) {
        // Where the system has large pages, it gives one of them at once instead of hundreds of small ones.
        guard byteCount >= LargePage.byteCount / 2 else {
            bytes = .allocate(byteCount: byteCount, alignment: 64)
            return
        }
        let pages = (byteCount - 1) / LargePage.byteCount + 1
        bytes = .allocate(byteCount: pages * LargePage.byteCount, alignment: LargePage.byteCount)
        LargePage.want(bytes)
    }

    deinit { bytes.deallocate() }
}
