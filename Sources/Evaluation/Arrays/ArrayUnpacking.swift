import ModelGraph
import Synchronization

/// Reads an array of an archive from its begin on, as far as it is asked for: while some threads work on the first
/// samples, another one unpacks those that follow.
///
/// What is not compressed stays in the file; its checksum is all that is left to do.
final class ArrayUnpacking: Sendable {
    private enum Storage: Sendable {
        case memory(AnonymousMemory)
        case file(MappedFile, Range<Int>)
    }

    /// Bytes of the array that have been read.
    private let filled = Atomic<Int>(0)
    private let byteCount: Int
    private let storage: Storage
    private let state: Mutex<State>

    private struct State: ~Copyable {
        /// nil once all is read, or something was wrong.
        var member: ArchiveMember?
        var failure: DatasetError?
        let isWhole: Bool

        /// - Parameter memory: takes the bytes up to `count`; nil if they stay in the file.
        mutating func read(
            _ count: Int, of byteCount: Int, into memory: AnonymousMemory?, _ filled: borrowing Atomic<Int>
        ) throws(DatasetError) {
            if let failure { throw failure }
            let start = filled.load(ordering: .relaxed)
            guard start < count || count == 0, member != nil else { return }
            do throws(DatasetError) {
                let step = max(start, count) - start
                try member?.advance(
                    step, into: memory.map { .init(rebasing: $0.bytes[start..<(start + step)]) })
                if count == byteCount {
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
    ///   - member: has been read up to the first element, and holds `byteCount` more bytes.
    ///   - memory: as many bytes; nil for a member that is stored.
    ///   - isWhole: whether the member ends where the array does; its checksum is compared then.
    init(_ member: consuming sending ArchiveMember, byteCount: Int, into memory: AnonymousMemory?, isWhole: Bool) {
        self.byteCount = byteCount
        storage =
            if let memory { .memory(memory) } else {
                .file(member.file, member.fileOffset..<(member.fileOffset + byteCount))
            }
        state = Mutex(State(member: member, isWhole: isWhole))
    }

    /// The bytes, of which those have to be required that are read; they stand at any address.
    var bytes: UnsafeRawBufferPointer {
        switch storage {
        case .memory(let memory): UnsafeRawBufferPointer(memory.bytes)
        case .file(let file, let range): UnsafeRawBufferPointer(rebasing: file.bytes[range])
        }
    }

    /// Lets go the memory of a part that stays in its file; reading it again loads it again.
    func release(_ part: UnsafeRawBufferPointer) {
        if case .file(let file, _) = storage { file.release(part) }
    }

    /// Reads the first `count` bytes, unless they have been.
    ///
    /// - Throws: `DatasetError` if the array is damaged, as far as it was read.
    func require(_ count: Int) throws(DatasetError) {
        let count = min(count, byteCount)
        // The last bytes are there when the checksum has been compared.
        guard filled.load(ordering: .acquiring) < count || count == 0 else { return }
        let memory: AnonymousMemory? = if case .memory(let memory) = storage { memory } else { nil }
        try state.withLock { (state: inout sending State) throws(DatasetError) in
            try state.read(count, of: byteCount, into: memory, filled)
        }
    }
}
