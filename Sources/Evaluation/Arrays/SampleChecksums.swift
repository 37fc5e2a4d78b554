import CZlib
import Synchronization

/// Compares the checksum of a file's array piece by piece, as its samples are read, each on the thread that needs it.
final class SampleChecksums: Sendable {
    private let expected: UInt32
    private let head: UInt32
    private let sampleByteCount: Int
    private let state: Mutex<State>

    private struct State: Sendable {
        var checksums: [UInt32?]
        var missing: Int
    }

    /// Smaller samples are not worth a checksum of their own.
    static let leastByteCount = 1 << 16

    /// - Parameters:
    ///   - head: the bytes before the first sample.
    ///   - expected: the checksum of the head and all samples.
    ///   - sampleCount: at least 1.
    init(head: UnsafeRawBufferPointer, expected: UInt32, sampleCount: Int, sampleByteCount: Int) {
        self.expected = expected
        self.head = Self.checksum(of: head)
        self.sampleByteCount = sampleByteCount
        state = Mutex(State(checksums: Array(repeating: nil, count: sampleCount), missing: sampleCount))
    }

    /// - Returns: false if all samples have been read, and one is damaged.
    func check(_ sample: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard state.withLock({ $0.checksums[sample] == nil }) else { return true }
        let checksum = Self.checksum(of: bytes)
        return state.withLock { state in
            guard state.checksums[sample] == nil else { return true }
            state.checksums[sample] = checksum
            state.missing -= 1
            guard state.missing == 0 else { return true }
            let whole = state.checksums.reduce(UInt(head)) { sum, part in
                crc32_combine(sum, UInt(part ?? 0), sampleByteCount)
            }
            return whole == UInt(expected)
        }
    }

    static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
    }
}
