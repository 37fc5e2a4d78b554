import CKernels

/// The checksum of zip archives, CRC-32, of many bytes at the speed of memory.
package enum ChecksumFolding {
    /// Replaces the first bytes by 16 others. The checksum of all that was summed up before, which is `checksum`, and of
    /// these bytes is that of the 16 alone, begun with a register of 0.
    ///
    /// - Parameter body: gets the 16 bytes, unless none were replaced.
    /// - Returns: how many bytes were replaced; 0 where the instruction set has no way to do so, or there are too few.
    package static func fold(
        _ bytes: UnsafeRawBufferPointer, checksum: UInt32, on set: InstructionSet = .best,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { folded in
            let count = ck_fold_crc32(set.isa, checksum, base, bytes.count, folded.baseAddress)
            if count > 0 { body(UnsafeRawBufferPointer(folded)) }
            return count
        }
    }
}
