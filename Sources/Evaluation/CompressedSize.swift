import CZlib

/// How large data becomes under a general compressor.
package enum CompressedSize {
    /// The size of `bytes` as a gzip file of level 6, header and trailer included. Nothing is kept but the count.
    ///
    /// - Complexity: O(bytes) time, 256 KiB of working memory.
    package static func gzip(of bytes: UnsafeRawBufferPointer) -> Int {
        var stream = z_stream()
        // 16 more window bits ask for gzip's header and trailer.
        let status = deflateInit2_(
            &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        // Only a lack of memory can make zlib refuse these settings.
        precondition(status == Z_OK, "zlib cannot be set up: \(status)")
        defer { deflateEnd(&stream) }
        let capacity = 1 << 16
        return withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { output in
            var total = 0
            var position = 0
            repeat {
                // zlib counts in 32 bits.
                let step = min(bytes.count - position, 1 << 30)
                let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0 + position) }
                stream.next_in = start?.assumingMemoryBound(to: UInt8.self)
                stream.avail_in = UInt32(step)
                position += step
                let flush = position == bytes.count ? Z_FINISH : Z_NO_FLUSH
                repeat {
                    stream.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
                    stream.avail_out = UInt32(capacity)
                    deflate(&stream, flush)
                    total += capacity - Int(stream.avail_out)
                } while stream.avail_out == 0
            } while position < bytes.count
            return total
        }
    }
}
