import ModelGraph

/// The directory of a zip archive, as far as it takes to find members that are stored as they are.
///
/// - Source: PKWARE's application note, sections 4.3.7, 4.3.12 and 4.3.16.
struct ZipDirectory {
    /// Where a stored member's bytes are, and what their checksum should be.
    struct StoredMember {
        var range: Range<Int>
        var checksum: UInt32
    }

    private let bytes: UnsafeRawBufferPointer

    /// - Parameter bytes: the archive, which outlives the directory.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// nil for a member that is packed or encrypted, that is not at this place or has another name, and in archives of
    /// more than 4 GB.
    func storedMember(at index: Int, named name: String) -> StoredMember? {
        guard let end = endRecord, end.count != 0xFFFF, index < end.count else { return nil }
        var position = end.offset
        for _ in 0..<index {
            guard let length = entryLength(at: position) else { return nil }
            position += length
        }
        guard entryLength(at: position) != nil, let nameLength = number(UInt16.self, at: position + 28),
            let found = text(at: position + 46, length: nameLength), found.elementsEqual(name.utf8),
            number(UInt16.self, at: position + 8).map({ $0 & 1 == 0 }) == true,
            number(UInt16.self, at: position + 10) == 0, let size = number(UInt32.self, at: position + 20),
            size != 0xFFFF_FFFF, number(UInt32.self, at: position + 24) == size,
            let checksum = number(UInt32.self, at: position + 16), let local = number(UInt32.self, at: position + 42),
            number(UInt32.self, at: local) == 0x0403_4B50, let localName = number(UInt16.self, at: local + 26),
            let extra = number(UInt16.self, at: local + 28)
        else { return nil }
        let start = local + 30 + localName + extra
        guard start <= bytes.count, size <= bytes.count - start else { return nil }
        return StoredMember(range: start..<start + size, checksum: UInt32(truncatingIfNeeded: checksum))
    }

    /// How many entries there are, and where the first one is.
    private var endRecord: (count: Int, offset: Int)? {
        let length = 22
        guard bytes.count >= length else { return nil }
        // A comment of up to 65,535 bytes may stand behind it.
        let last = bytes.count - length
        for position in stride(from: last, through: max(0, last - 0xFFFF), by: -1)
        where number(UInt32.self, at: position) == 0x0605_4B50 {
            guard number(UInt16.self, at: position + 20) == last - position,
                let count = number(UInt16.self, at: position + 10), let offset = number(UInt32.self, at: position + 16)
            else { continue }
            return (count, offset)
        }
        return nil
    }

    private func entryLength(at position: Int) -> Int? {
        guard number(UInt32.self, at: position) == 0x0201_4B50, let name = number(UInt16.self, at: position + 28),
            let extra = number(UInt16.self, at: position + 30), let comment = number(UInt16.self, at: position + 32)
        else { return nil }
        return 46 + name + extra + comment
    }

    /// A little-endian number; nil beyond the archive.
    private func number<Stored: FixedWidthInteger & BitwiseCopyable>(_ type: Stored.Type, at position: Int) -> Int? {
        guard position >= 0, position <= bytes.count - MemoryLayout<Stored>.size else { return nil }
        return Int(Stored(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: type)))
    }

    private func text(at position: Int, length: Int) -> UnsafeRawBufferPointer? {
        guard position >= 0, position <= bytes.count - length else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
    }
}
