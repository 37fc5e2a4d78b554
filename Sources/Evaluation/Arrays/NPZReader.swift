import CMinizip

/// Reads named arrays from a `.npz` file, a zip archive of `.npy` members, stored or deflated.
///
/// Opening reads the headers only. An array is unpacked when it is asked for; one that is stored is read in place.
package final class NPZReader: Sendable {
    package struct Member: Sendable {
        package var name: String
        package var header: NPYHeader
        var position: unz64_file_pos
    }

    private let archive: Archive
    package var path: String { archive.path }
    /// The arrays in the archive's order.
    package let members: [Member]
    /// The largest array that is unpacked into memory.
    package let byteLimit: Int

    package static let defaultByteLimit = 8 << 30

    /// - Throws: `DatasetError` if the file is not a zip archive, or an array's header cannot be read.
    package init(path: String, byteLimit: Int = NPZReader.defaultByteLimit) throws(DatasetError) {
        archive = try Archive(path: path)
        self.byteLimit = byteLimit
        members = try archive.members()
    }

    package var names: [String] { members.map(\.name) }

    package func member(_ name: String) -> Member? { members.first { $0.name == name } }

    /// Unpacks an array.
    ///
    /// - Throws: `DatasetError` if the array is damaged or larger than the limit.
    package func array(_ member: Member) throws(DatasetError) -> NumericArray {
        let array = try growingArray(member, prefix: nil)
        try array.require()
        return array
    }

    /// An array that is unpacked as its samples are asked for.
    ///
    /// - Parameter prefix: how many indices of the outermost axis are needed; nil for all. A shorter array is unpacked
    ///   then, and its shape says so.
    /// - Throws: `DatasetError` if the array is larger than the limit; what is damaged is found as it is asked for.
    func growingArray(_ member: Member, prefix: Int?) throws(DatasetError) -> NumericArray {
        var header = member.header
        if let prefix, let extent = header.shape.first, prefix < extent, !header.isFortranOrder {
            header.shape[0] = prefix
            header.dataByteCount = header.dataByteCount / extent * prefix
        }
        // minizip's archives must not be used by two threads at once: each array has its own.
        var source = try ArchiveMember(member.position, of: archive, name: member.name)
        try source.advance(header.dataOffset, into: nil)
        let memory = source.isStored ? nil : try memory(for: member, byteCount: header.dataByteCount)
        let unpacking = ArrayUnpacking(
            source, byteCount: header.dataByteCount, into: memory,
            isWhole: header.dataByteCount == member.header.dataByteCount)
        return NumericArray(name: member.name, header: header, unpacking: unpacking)
    }

    private func memory(for member: Member, byteCount: Int) throws(DatasetError) -> AnonymousMemory {
        guard byteCount <= byteLimit else {
            throw DatasetError(
                .unsupportedFormat,
                "the array '\(member.name)' unpacks to \(byteCount) bytes, and the limit is \(byteLimit)",
                at: path, remedy: "save it as a .npy file, which is read in place")
        }
        guard let memory = AnonymousMemory(byteCount: byteCount) else {
            throw DatasetError(
                .unreadable, "there is no memory for the \(byteCount) bytes of the array '\(member.name)'",
                at: path, remedy: "save it as a .npy file, which is read in place")
        }
        return memory
    }
}
