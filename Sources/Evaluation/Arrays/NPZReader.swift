import CZip
import ModelGraph
import Synchronization

/// Reads named arrays from a `.npz` file, a zip archive of `.npy` members, stored or deflated.
///
/// Opening reads the headers only. An array is unpacked when it is asked for.
package final class NPZReader: Sendable {
    package struct Member: Sendable {
        package var name: String
        package var header: NPYHeader
        fileprivate var index: UInt64
    }

    package let path: String
    /// The arrays in the archive's order.
    package let members: [Member]
    /// The largest array that is unpacked into memory.
    package let byteLimit: Int

    package static let defaultByteLimit = 8 << 30

    /// The archive's bytes, for members that are stored as they are; nil if it cannot be mapped.
    private let file: MappedFile?
    /// libzip's archives must not be used by two threads at once.
    private let archive: Mutex<Archive>

    /// - Throws: `DatasetError` if the file is not a zip archive, or an array's header cannot be read.
    package init(path: String, byteLimit: Int = NPZReader.defaultByteLimit) throws(DatasetError) {
        self.path = path
        self.byteLimit = byteLimit
        let archive = try Archive(path: path)
        members = try archive.members()
        self.archive = Mutex(archive)
        file = try? MappedFile(path: path)
    }

    package var names: [String] { members.map(\.name) }

    package func member(_ name: String) -> Member? { members.first { $0.name == name } }

    /// Unpacks an array.
    ///
    /// - Parameter prefix: how many indices of the outermost axis are needed; nil for all. A shorter array is unpacked
    ///   then, and its shape says so.
    /// - Throws: `DatasetError` if the array is damaged or larger than the limit.
    package func array(_ member: Member, prefix: Int? = nil) throws(DatasetError) -> NumericArray {
        let header = header(of: member, prefix: prefix)
        guard header.dataByteCount <= byteLimit else {
            throw DatasetError(
                .unsupportedFormat,
                "the array '\(member.name)' unpacks to \(header.dataByteCount) bytes, and the limit is \(byteLimit)",
                at: path, remedy: "save it as a .npy file, which is read in place")
        }
        guard let memory = AnonymousMemory(byteCount: header.dataByteCount) else {
            throw DatasetError(
                .unreadable, "there is no memory for the \(header.dataByteCount) bytes of the array '\(member.name)'",
                at: path, remedy: "save it as a .npy file, which is read in place")
        }
        try archive.withLock { (archive: inout sending Archive) throws(DatasetError) in
            try archive.unpack(
                member, skipping: header.dataOffset, into: memory.bytes,
                isWhole: header.dataByteCount == member.header.dataByteCount)
        }
        return NumericArray(name: member.name, header: header, memory: memory)
    }

    /// An array that is read where it is stored, and checked as its samples are read; nil if it has to be unpacked.
    ///
    /// - Parameter prefix: as above.
    func storedArray(_ member: Member, prefix: Int?) -> NumericArray? {
        var header = header(of: member, prefix: prefix)
        guard let file, let extent = header.shape.first, extent > 0, !header.isFortranOrder, !header.isBigEndian,
            header.dataByteCount / extent >= SampleChecksums.leastByteCount,
            let stored = ZipDirectory(file.bytes).storedMember(at: Int(member.index), named: member.name + ".npy"),
            stored.range.count >= header.dataOffset + header.dataByteCount
        else { return nil }
        var checksums: SampleChecksums?
        // As of any array, what is not all read is not checked.
        if header.dataByteCount == member.header.dataByteCount {
            guard stored.range.count == header.dataOffset + header.dataByteCount else { return nil }
            checksums = SampleChecksums(
                head: UnsafeRawBufferPointer(rebasing: file.bytes[stored.range.prefix(header.dataOffset)]),
                expected: stored.checksum, sampleCount: extent, sampleByteCount: header.dataByteCount / extent)
        }
        header.dataOffset += stored.range.lowerBound
        return NumericArray(name: member.name, header: header, file: file, checksums: checksums)
    }

    /// The array's header, or that of its first part.
    private func header(of member: Member, prefix: Int?) -> NPYHeader {
        var header = member.header
        if let prefix, let extent = header.shape.first, prefix < extent, !header.isFortranOrder {
            header.shape[0] = prefix
            header.dataByteCount = header.dataByteCount / extent * prefix
        }
        return header
    }
}

/// An open zip archive.
private struct Archive: ~Copyable {
    private let handle: OpaquePointer
    private let path: String

    init(path: String) throws(DatasetError) {
        var code: Int32 = 0
        guard let handle = zip_open(path, ZIP_RDONLY, &code) else {
            throw DatasetError(.unreadable, "the archive cannot be read: \(Self.message(code))", at: path)
        }
        self.handle = handle
        self.path = path
    }

    deinit { zip_discard(handle) }

    func members() throws(DatasetError) -> [NPZReader.Member] {
        let count = zip_get_num_entries(handle, 0)
        guard count <= 65536 else {
            throw DatasetError(.unreadable, "the archive has \(count) members", at: path)
        }
        var members: [NPZReader.Member] = []
        for index in 0..<UInt64(max(count, 0)) {
            guard let raw = zip_get_name(handle, index, 0) else { continue }
            let entry = String(cString: raw)
            guard entry.hasSuffix(".npy") else { continue }
            let name = String(entry.dropLast(4))
            members.append(NPZReader.Member(name: name, header: try header(index, name: name), index: index))
        }
        guard !members.isEmpty else {
            throw DatasetError(.unreadable, "the archive holds no NumPy arrays", at: path)
        }
        return members
    }

    private func header(_ index: UInt64, name: String) throws(DatasetError) -> NPYHeader {
        let file = try open(index, name: name)
        defer { zip_fclose(file) }
        let start = UnsafeMutableRawBufferPointer.allocate(byteCount: 12 + NPYHeader.longestHeader, alignment: 1)
        defer { start.deallocate() }
        // Mostly 128 bytes; the rest only if there is more.
        var filled = try read(file, into: UnsafeMutableRawBufferPointer(rebasing: start[..<128]), name: name)
        if filled == 128 {
            filled += try read(file, into: UnsafeMutableRawBufferPointer(rebasing: start[128...]), name: name)
        }
        let header = try NPYHeader(UnsafeRawBufferPointer(rebasing: start[..<filled]), name: "\(path): \(name)")
        var status = zip_stat_t()
        guard zip_stat_index(handle, index, 0, &status) == 0, status.valid & UInt64(ZIP_STAT_SIZE) != 0,
            status.size >= UInt64(header.dataOffset) + UInt64(header.dataByteCount)
        else {
            throw DatasetError(
                .unreadable, "the array '\(name)' of shape \(header.shape) is cut short", at: path)
        }
        return header
    }

    func unpack(
        _ member: NPZReader.Member, skipping offset: Int, into target: UnsafeMutableRawBufferPointer, isWhole: Bool
    ) throws(DatasetError) {
        let file = try open(member.index, name: member.name)
        defer { zip_fclose(file) }
        let skipped = UnsafeMutableRawBufferPointer.allocate(byteCount: offset, alignment: 1)
        defer { skipped.deallocate() }
        let header = try read(file, into: skipped, name: member.name)
        let filled = try read(file, into: target, name: member.name)
        guard header == offset, filled == target.count else {
            throw DatasetError(.unreadable, "the array '\(member.name)' is cut short", at: path)
        }
        guard isWhole else { return }
        // The checksum is compared when the end is reached.
        let end = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { end.deallocate() }
        _ = try read(file, into: end, name: member.name)
    }

    private func open(_ index: UInt64, name: String) throws(DatasetError) -> OpaquePointer {
        guard let file = zip_fopen_index(handle, index, 0) else {
            throw DatasetError(
                .unreadable, "the array '\(name)' cannot be read: \(String(cString: zip_strerror(handle)))", at: path)
        }
        return file
    }

    /// Fills the buffer, or as much of it as there is.
    private func read(
        _ file: OpaquePointer, into buffer: UnsafeMutableRawBufferPointer, name: String
    ) throws(DatasetError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let step = min(buffer.count - filled, 1 << 24)
            let count = zip_fread(file, buffer.baseAddress! + filled, zip_uint64_t(step))
            guard count >= 0 else {
                throw DatasetError(
                    .unreadable, "the array '\(name)' is damaged: \(String(cString: zip_file_strerror(file)))", at: path
                )
            }
            if count == 0 { break }
            filled += Int(count)
        }
        return filled
    }

    static func message(_ code: Int32) -> String {
        var error = zip_error_t()
        zip_error_init_with_code(&error, code)
        defer { zip_error_fini(&error) }
        return String(cString: zip_error_strerror(&error))
    }
}
