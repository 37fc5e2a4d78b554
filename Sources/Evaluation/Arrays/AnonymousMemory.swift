#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Memory for an array that is unpacked from an archive.
///
/// Pages are taken from the system only as they are written, so an archive that claims more than it holds costs nothing;
/// and running out of address space is an error that can be handled.
final class AnonymousMemory: @unchecked Sendable {
    /// Written by the owner before it is shared, read-only from then on.
    let bytes: UnsafeMutableRawBufferPointer

    /// nil if the system has no room.
    init?(byteCount: Int) {
        guard byteCount > 0 else {
            bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        #if canImport(Darwin)
        let flags = MAP_PRIVATE | MAP_ANON
        #else
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        #endif
        guard let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), address != MAP_FAILED else {
            return nil
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
    }

    deinit {
        if let address = bytes.baseAddress { munmap(address, bytes.count) }
    }
}
