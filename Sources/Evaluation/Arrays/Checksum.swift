import CZlib
import Runtime

/// The checksum of zip archives.
struct Checksum {
    /// Of the bytes so far.
    private(set) var value = crc32_z(0, nil, 0)

    mutating func add(_ bytes: UnsafeRawBufferPointer, on set: InstructionSet = .best) {
        let folded = ChecksumFolding.fold(bytes, checksum: UInt32(truncatingIfNeeded: value), on: set) { bytes in
            // zlib inverts what it begins with.
            value = crc32_z(0xFFFF_FFFF, bytes.baseAddress, bytes.count)
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[folded...])
        if !rest.isEmpty { value = crc32_z(value, rest.baseAddress, rest.count) }
    }
}
