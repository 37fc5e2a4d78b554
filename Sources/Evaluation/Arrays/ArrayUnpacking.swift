import Synchronization

/// Unpacks an array of an archive from its begin on, as far as it is asked for: while some threads work on the first
/// samples, another one unpacks those that follow.
final class ArrayUnpacking: Sendable {
    /// Bytes of the array that are in memory.
    private let filled = Atomic<Int>(0)
    private let memory: AnonymousMemory
    private let state: Mutex<State>

    private struct State: ~Copyable {
        /// nil once all is unpacked, or something was wrong.
        var member: ArchiveMember?
        var failure: DatasetError?
        let isWhole: Bool

        mutating func unpack(_ count: Int, of memory: AnonymousMemory, _ filled: borrowing Atomic<Int>)
            throws(DatasetError)
        {
            if let failure { throw failure }
            let start = filled.load(ordering: .relaxed)
            guard start < count || count == 0, member != nil else { return }
            do throws(DatasetError) {
                try member?.fill(UnsafeMutableRawBufferPointer(rebasing: memory.bytes[start..<max(start, count)]))
                if count == memory.bytes.count {
                    if isWhole { try member?.finish() }
                    member = nil
                }
            } catch {
                failure = error
                member = nil
                throw error
            }
            filled.store(count, ordering: .releasing)
        }
    }

    /// - Parameters:
    ///   - member: has been read up to the first element.
    ///   - isWhole: whether the member ends where the memory does; its checksum is compared then.
    init(_ member: consuming sending ArchiveMember, into memory: AnonymousMemory, isWhole: Bool) {
        self.memory = memory
        state = Mutex(State(member: member, isWhole: isWhole))
    }

    /// The bytes, of which those have to be there that are read.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory.bytes) }

    /// Unpacks the first `count` bytes, unless they are there.
    ///
    /// - Throws: `DatasetError` if the array is damaged, as far as it was read.
    func require(_ count: Int) throws(DatasetError) {
        let count = min(count, memory.bytes.count)
        // The last bytes are there when the checksum has been compared.
        guard filled.load(ordering: .acquiring) < count || count == 0 else { return }
        try state.withLock { (state: inout sending State) throws(DatasetError) in
            try state.unpack(count, of: memory, filled)
        }
    }
}
