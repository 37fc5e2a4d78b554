import CDeflate
import CMinizip
import ModelGraph

/// A zip archive, mapped.
///
/// It is as it was when it was opened: a file that takes its place meanwhile is another one. As with every mapped file, one
/// that is cut short in place while it is read ends the process.
struct Archive: Sendable {
    private let file: MappedFile

    var path: String { file.path }

    /// - Throws: `DatasetError` if it cannot be read.
    init(path: String) throws(DatasetError) {
        do throws(FileError) { file = try MappedFile(path: path) } catch {
            throw DatasetError(.unreadable, "the archive cannot be read", at: path, cause: error)
        }
    }

    /// - Throws: `DatasetError` if it is no archive, or holds no arrays.
    func members() throws(DatasetError) -> [NPZReader.Member] {
        let reading = try ArchiveReading(file)
        var members: [NPZReader.Member] = []
        var status = unzGoToFirstFile(reading.handle)
        while status == UNZ_OK {
            let entry = try reading.entry()
            if entry.name.hasSuffix(".npy") {
                let name = String(entry.name.dropLast(4))
                let member = try ArchiveMember(entry.position, of: self, name: name)
                members.append(
                    NPZReader.Member(name: name, header: try member.header(), position: entry.position))
            }
            guard members.count <= 65536 else {
                throw DatasetError(.unreadable, "the archive has more than 65536 members", at: path)
            }
            status = unzGoToNextFile(reading.handle)
        }
        guard status == UNZ_END_OF_LIST_OF_FILE else {
            throw DatasetError(.unreadable, "the archive's list of members is damaged", at: path)
        }
        guard !members.isEmpty else {
            throw DatasetError(.unreadable, "the archive holds no NumPy arrays", at: path)
        }
        return members
    }

    fileprivate func reading() throws(DatasetError) -> ArchiveReading { try ArchiveReading(file) }
}

/// minizip's view of an archive, for one thread at a time.
private struct ArchiveReading: ~Copyable {
    struct Entry {
        var name: String
        var position: unz64_file_pos
        var info: unz_file_info64
    }

    let handle: unzFile
    let file: MappedFile
    private let memory: UnsafeMutablePointer<optimize_zip_memory>

    init(_ file: MappedFile) throws(DatasetError) {
        memory = .allocate(capacity: 1)
        memory.initialize(
            to: optimize_zip_memory(
                bytes: UnsafeMutablePointer(mutating: file.bytes.assumingMemoryBound(to: UInt8.self).baseAddress),
                count: file.bytes.count, position: 0, capacity: 0, failed: 0))
        guard let handle = optimize_unzip_open(memory) else {
            memory.deallocate()
            throw DatasetError(.unreadable, "this is no zip archive, or it is cut short", at: file.path)
        }
        self.handle = handle
        self.file = file
    }

    deinit {
        unzClose(handle)
        memory.deallocate()
    }

    /// The member that the list is at.
    func entry() throws(DatasetError) -> Entry {
        var info = unz_file_info64()
        var position = unz64_file_pos()
        guard unzGetCurrentFileInfo64(handle, &info, nil, 0, nil, 0, nil, 0) == UNZ_OK,
            unzGetFilePos64(handle, &position) == UNZ_OK
        else { throw DatasetError(.unreadable, "the archive's list of members is damaged", at: file.path) }
        let byteCount = Int(info.size_filename)
        let name = withUnsafeTemporaryAllocation(byteCount: byteCount + 1, alignment: 1) { bytes in
            unzGetCurrentFileInfo64(handle, nil, bytes.baseAddress, uLong(bytes.count), nil, 0, nil, 0) == UNZ_OK
                ? String(decoding: bytes.prefix(byteCount), as: UTF8.self) : ""
        }
        return Entry(name: name, position: position, info: info)
    }

    /// Goes to a member and begins to read it.
    ///
    /// - Returns: what the list says of it, and where it begins in the file if it is not compressed.
    func open(_ position: unz64_file_pos, name: String) throws(DatasetError) -> (info: unz_file_info64, start: Int?) {
        var position = position
        guard unzGoToFilePos64(handle, &position) == UNZ_OK else { throw failure("cannot be found", name) }
        let info = try entry().info
        guard info.flag & 1 == 0 else { throw failure("is encrypted", name) }
        guard info.compression_method == 0 || info.compression_method == Z_DEFLATED else {
            throw failure("is compressed by method \(info.compression_method)", name)
        }
        guard info.uncompressed_size <= 1 << 48, unzOpenCurrentFile(handle) == UNZ_OK else {
            throw failure("is damaged", name)
        }
        guard info.compression_method == 0 else { return (info, nil) }
        let start = unzGetCurrentFileZStreamPos64(handle)
        guard info.compressed_size == info.uncompressed_size, start <= file.bytes.count,
            info.uncompressed_size <= file.bytes.count - Int(start)
        else { throw failure("is cut short", name) }
        return (info, Int(start))
    }

    func failure(_ problem: String, _ name: String) -> DatasetError {
        DatasetError(.unreadable, "the array '\(name)' \(problem)", at: file.path)
    }
}

/// A member that is read from its begin on. What is not compressed stays where it is in the file.
struct ArchiveMember: ~Copyable {
    private let reading: ArchiveReading
    private let name: String
    private let info: unz_file_info64
    /// Where the member begins in the file, if it is not compressed.
    private let start: Int?
    /// Bytes of it that have been read.
    private var position = 0
    /// Of what has been read of a stored member; minizip compares that of a compressed one.
    private var checksum: UInt32 = 0

    /// - Throws: `DatasetError` if it cannot be read.
    init(_ position: unz64_file_pos, of archive: Archive, name: String) throws(DatasetError) {
        let reading = try archive.reading()
        let member = try reading.open(position, name: name)
        self.reading = reading
        self.name = name
        info = member.info
        start = member.start
    }

    var file: MappedFile { reading.file }
    var isStored: Bool { start != nil }
    /// Where the next byte of a stored member stands in the file.
    var fileOffset: Int { (start ?? 0) + position }

    /// The next bytes of a stored member, or as many as there are; nil if it is compressed.
    private func stored(_ count: Int) -> UnsafeRawBufferPointer? {
        guard isStored else { return nil }
        return UnsafeRawBufferPointer(
            rebasing: file.bytes[fileOffset...].prefix(min(count, Int(info.uncompressed_size) - position)))
    }

    private func failure(_ problem: String) -> DatasetError { reading.failure(problem, name) }

    /// The header of the array, of which all has to be there.
    consuming func header() throws(DatasetError) -> NPYHeader {
        let start = UnsafeMutableRawBufferPointer.allocate(byteCount: 12 + NPYHeader.longestHeader, alignment: 1)
        defer { start.deallocate() }
        // Mostly 128 bytes; the rest only if there is more.
        var filled = try read(into: UnsafeMutableRawBufferPointer(rebasing: start[..<128]))
        if filled == 128 { filled += try read(into: UnsafeMutableRawBufferPointer(rebasing: start[128...])) }
        let header = try NPYHeader(
            UnsafeRawBufferPointer(rebasing: start[..<filled]), name: "\(reading.file.path): \(name)")
        guard Int(info.uncompressed_size) - header.dataOffset >= header.dataByteCount else {
            throw failure("of shape \(header.shape) is cut short")
        }
        return header
    }

    /// Fills the buffer, or as much of it as there is.
    private mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        if let part = stored(buffer.count) {
            buffer.copyMemory(from: part)
            pass(part)
            return part.count
        }
        var filled = 0
        while filled < buffer.count {
            let step = min(buffer.count - filled, 1 << 24)
            let count = unzReadCurrentFile(reading.handle, buffer.baseAddress! + filled, UInt32(step))
            guard count >= 0 else { throw failure("is damaged") }
            if count == 0 { break }
            filled += Int(count)
        }
        position += filled
        return filled
    }

    private mutating func pass(_ part: UnsafeRawBufferPointer) {
        checksum = libdeflate_crc32(checksum, part.baseAddress, part.count)
        position += part.count
    }

    /// Reads on.
    ///
    /// - Parameter buffer: takes as many bytes of a compressed member; nil to skip them. A stored one's bytes stay where
    ///   they are.
    /// - Throws: `DatasetError` if there is less, or it is damaged.
    mutating func advance(_ count: Int, into buffer: UnsafeMutableRawBufferPointer?) throws(DatasetError) {
        let filled: Int
        if let part = stored(count) {
            pass(part)
            filled = part.count
        } else if let buffer {
            filled = try read(into: buffer)
        } else {
            let skipped = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
            defer { skipped.deallocate() }
            filled = try read(into: skipped)
        }
        guard filled == count else { throw failure("is cut short") }
    }

    /// Compares the checksum, if all has been read.
    mutating func finish() throws(DatasetError) {
        guard position == Int(info.uncompressed_size) else { return }
        let matches = isStored ? uLong(checksum) == info.crc : unzCloseCurrentFile(reading.handle) == UNZ_OK
        guard matches else { throw failure("is damaged: its checksum is another") }
    }
}
