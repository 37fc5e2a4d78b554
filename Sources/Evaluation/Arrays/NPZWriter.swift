import CZip
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
        var code: Int32 = 0
        guard let archive = zip_open(path, ZIP_CREATE | (replacing ? ZIP_TRUNCATE : ZIP_EXCL), &code) else {
            var error = zip_error_t()
            zip_error_init_with_code(&error, code)
            defer { zip_error_fini(&error) }
            throw DatasetError(
                .unwritable, "the arrays cannot be written: \(String(cString: zip_error_strerror(&error)))", at: path)
        }
        // libzip reads the members when it closes the archive, so they must stay where they are until then.
        let buffers = members.map { member in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: member.bytes.count, alignment: 64)
            buffer.copyBytes(from: member.bytes)
            return buffer
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        for (member, buffer) in zip(members, buffers) {
            guard let source = zip_source_buffer(archive, buffer.baseAddress, zip_uint64_t(buffer.count), 0) else {
                throw Self.failure(archive, path)
            }
            let index = zip_file_add(archive, member.name + ".npy", source, zip_flags_t(ZIP_FL_ENC_UTF_8))
            guard index >= 0 else {
                zip_source_free(source)
                throw Self.failure(archive, path)
            }
            // 1 January 1980, the archive format's first day, as NumPy itself writes.
            zip_file_set_dostime(archive, zip_uint64_t(index), 0, 0x21, 0)
        }
        guard zip_close(archive) == 0 else { throw Self.failure(archive, path) }
    }

    private static func failure(_ archive: OpaquePointer, _ path: String) -> DatasetError {
        let reason = String(cString: zip_strerror(archive))
        zip_discard(archive)
        return DatasetError(.unwritable, "the arrays cannot be written: \(reason)", at: path)
    }
}
