import CMinizip
import ModelGraph

/// Writes named arrays into a `.npz` file that NumPy reads.
package struct NPZWriter {
    private struct Member {
        var name: String
        var bytes: [UInt8]
    }

    private var members: [Member] = []

    package init() {}

    /// Adds an array.
    ///
    /// - Parameter bytes: the elements in row-major order, little-endian.
    /// - Throws: `DatasetError` if an array cannot hold such elements, the bytes do not fit the shape, or the name is taken.
    package mutating func add(
        _ name: String, type: ElementType, shape: [Int], bytes: UnsafeRawBufferPointer
    ) throws(DatasetError) {
        guard let form = NumPyForm(type) else {
            throw DatasetError(.unsupportedFormat, "NumPy has no element type for \(type)", at: name)
        }
        guard let count = Shape.elementCount(shape), type.byteCount(of: count) == bytes.count else {
            throw DatasetError(.mismatch, "\(bytes.count) bytes for an array of shape \(shape)", at: name)
        }
        guard !members.contains(where: { $0.name == name }) else {
            throw DatasetError(.mismatch, "two arrays have the same name", at: name)
        }
        members.append(
            Member(
                name: name,
                bytes: NPYHeader(element: form.element, shape: shape).encoded + form.arrayBytes(bytes, count: count)))
    }

    /// Writes the archive, deflated. The file appears under its name only when it is complete.
    ///
    /// The same arrays give the same bytes: members bear no time of their own.
    /// - Throws: `DatasetError` if the file exists and `replacing` is false, or cannot be written.
    package func write(to path: String, replacing: Bool) throws(DatasetError) {
        let memory = UnsafeMutablePointer<optimize_zip_memory>.allocate(capacity: 1)
        let archive = optimize_zip_create(memory)
        defer {
            optimize_zip_free(memory)
            memory.deallocate()
        }
        guard let archive else { throw Self.failure(path) }
        var isComplete = true
        for member in members where isComplete {
            isComplete = Self.add(member, to: archive)
        }
        guard zipClose(archive, nil) == ZIP_OK, isComplete else { throw Self.failure(path) }
        do throws(FileError) {
            let file = try AtomicFile(path, replaces: replacing)
            try file.write(UnsafeRawBufferPointer(start: memory.pointee.bytes, count: memory.pointee.count))
            try file.commit()
        } catch {
            throw DatasetError(.unwritable, "the arrays cannot be written", at: path, cause: error)
        }
    }

    private static func add(_ member: Member, to archive: zipFile) -> Bool {
        let isLarge = member.bytes.count >= 1 << 32
        guard optimize_zip_begin(archive, member.name + ".npy", isLarge ? 1 : 0) == ZIP_OK else { return false }
        let isWritten = member.bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 1 << 30).allSatisfy { start in
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(1 << 30))
                return zipWriteInFileInZip(archive, piece.baseAddress, UInt32(piece.count)) == ZIP_OK
            }
        }
        return zipCloseFileInZip(archive) == ZIP_OK && isWritten
    }

    private static func failure(_ path: String) -> DatasetError {
        DatasetError(.unwritable, "there is no memory for the archive", at: path)
    }
}
