import CZip

/// An open zip archive.
struct Archive: ~Copyable {
    fileprivate let handle: OpaquePointer
    fileprivate let path: String

    /// - Throws: `DatasetError` if it cannot be read, or is none.
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

    fileprivate func open(_ index: UInt64, name: String) throws(DatasetError) -> OpaquePointer {
        guard let file = zip_fopen_index(handle, index, 0) else {
            throw DatasetError(
                .unreadable, "the array '\(name)' cannot be read: \(String(cString: zip_strerror(handle)))", at: path)
        }
        return file
    }

    /// Fills the buffer, or as much of it as there is.
    fileprivate func read(
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

    private static func message(_ code: Int32) -> String {
        var error = zip_error_t()
        zip_error_init_with_code(&error, code)
        defer { zip_error_fini(&error) }
        return String(cString: zip_error_strerror(&error))
    }
}

/// A member that is read from its begin on.
struct ArchiveMember: ~Copyable {
    private let archive: Archive
    private let file: OpaquePointer
    private let name: String

    /// - Throws: `DatasetError` if it cannot be read.
    init(_ index: UInt64, of archive: consuming Archive, name: String) throws(DatasetError) {
        file = try archive.open(index, name: name)
        self.archive = archive
        self.name = name
    }

    deinit { zip_fclose(file) }

    mutating func skip(_ count: Int) throws(DatasetError) {
        let skipped = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { skipped.deallocate() }
        try fill(skipped)
    }

    /// - Throws: `DatasetError` if there is less, or it is damaged.
    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) {
        guard try archive.read(file, into: buffer, name: name) == buffer.count else {
            throw DatasetError(.unreadable, "the array '\(name)' is cut short", at: archive.path)
        }
    }

    /// Reads on to the end, where the checksum is compared.
    mutating func finish() throws(DatasetError) {
        try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { end throws(DatasetError) in
            _ = try archive.read(file, into: end, name: name)
        }
    }
}
