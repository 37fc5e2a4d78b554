import CTFLite
import ModelGraph

/// Where everything of a file stands.
///
///     tables │ buffers: table, length, bytes … │ bytes of buffers and options beyond the tables' reach │ trailing bytes
///
/// The tables are built without any weights. The buffers' own tables follow them, each in the gap before its bytes that
/// their alignment leaves; so weights go from where they are straight to the file. What the references of the tables
/// cannot reach stands behind and is named by its place in the file.
struct FileLayout {
    /// LiteRT maps weights in place, and its kernels load them by 16 bytes.
    static let alignment = 16

    private var head: [UInt8]
    private let bufferVector: Int
    private let emptyBuffer: Int
    private let limit: Int

    init(head: [UInt8], bufferVector: Int, emptyBuffer: Int, limit: Int) {
        self.head = head
        self.bufferVector = bufferVector
        self.emptyBuffer = emptyBuffer
        self.limit = limit
    }

    /// - Throws: `cannotWrite` if even the buffers that have to be within the tables do not fit.
    mutating func pieces(
        buffers: BufferPool, customOptions: [(graph: Int, index: Int, data: TensorData)], trailing: TensorData?
    ) throws(TFLiteError) -> [OutputPiece] {
        let external = try externalBuffers(buffers)
        var body: [OutputPiece] = []
        var end = head.count
        func append(_ piece: OutputPiece) {
            guard piece.byteCount > 0 else { return }
            body.append(piece)
            end += piece.byteCount
        }
        // A buffer's table: its field list's place, then where its bytes are, 4 behind; and that field list itself.
        let inside = buffers.contents.indices.dropFirst().filter { !external.contains($0) }
        let insideList = end
        if !inside.isEmpty { append(.bytes(Self.bytes(UInt16(6), UInt16(8), UInt16(4)))) }
        let externalList = end
        if !external.isEmpty { append(.bytes(Self.bytes(UInt16(10), UInt16(20), UInt16(0), UInt16(4), UInt16(12)))) }
        patch(reference: 0, to: emptyBuffer)
        var externalTables: [Int: Int] = [:]
        for index in external.sorted() {
            // The table's 64-bit fields start 4 behind it.
            append(.padding(Self.gap(end, to: 4, of: 8)))
            patch(reference: index, to: end)
            externalTables[index] = body.count
            append(.bytes(Self.bytes(Int32(end - externalList), UInt64(0), UInt64(0))))
        }
        for index in inside {
            let data = buffers.contents[index]
            append(.padding(Self.gap(end, to: 4, of: Self.alignment)))
            patch(reference: index, to: end)
            append(.bytes(Self.bytes(Int32(end - insideList), UInt32(4), UInt32(data.byteCount))))
            append(.data(data))
        }
        for index in external.sorted() {
            let data = buffers.contents[index]
            append(.padding(Self.gap(end, to: 0, of: Self.alignment)))
            if let position = externalTables[index], case .bytes(let table) = body[position] {
                body[position] = .bytes(Array(table.prefix(4)) + Self.bytes(UInt64(end), UInt64(data.byteCount)))
            }
            append(.data(data))
        }
        for options in customOptions {
            append(.padding(Self.gap(end, to: 0, of: Self.alignment)))
            patchCustomOptions(of: options.index, in: options.graph, to: end)
            append(.data(options.data))
        }
        if let trailing { append(.data(trailing)) }
        return [.bytes(head)] + body
    }

    /// The buffers that stand behind the tables' reach: the largest, until the rest fits.
    private func externalBuffers(_ buffers: BufferPool) throws(TFLiteError) -> Set<Int> {
        func room(_ index: Int) -> Int { buffers.contents[index].byteCount + 12 + Self.alignment }
        let indices = buffers.contents.indices.dropFirst()
        var total = indices.reduce(head.count + 64) { $0 + room($1) }
        var external: Set<Int> = []
        if total <= limit { return external }
        let candidates = indices.filter { !buffers.metadata.contains($0) && buffers.contents[$0].byteCount > 64 }
        for index in candidates.sorted(by: { room($0) != room($1) ? room($0) > room($1) : $0 < $1 }) {
            if total <= limit { break }
            external.insert(index)
            total += 32 - room(index)
        }
        guard total <= limit else {
            throw TFLiteError(
                .cannotWrite, "the model's structure without its weights is larger than the format allows")
        }
        return external
    }

    private mutating func patch(reference index: Int, to position: Int) {
        let place = bufferVector + 4 + 4 * index
        head.replaceSubrange(place..<place + 4, with: Self.bytes(UInt32(position - place)))
    }

    private mutating func patchCustomOptions(of operation: Int, in graph: Int, to position: Int) {
        let place = head.withUnsafeBufferPointer { bytes -> Int? in
            guard let start = bytes.baseAddress else { return nil }
            let table = FlatTable(ctf_root(start), budget: ReadingBudget(unlimitedFor: nil)).children("subgraphs")[
                graph
            ]
            .children("operators")[operation]
            let field = ctf_position(table.raw, ctf_field_id(table.raw.type, "large_custom_options_offset"))
            return field.map { $0 - start }
        }
        guard let place else { return }
        head.replaceSubrange(place..<place + 8, with: Self.bytes(UInt64(position)))
    }

    /// How far it is from `position` to the next place that is `remainder` modulo `alignment`.
    private static func gap(_ position: Int, to remainder: Int, of alignment: Int) -> Int {
        let distance = (remainder - position) % alignment
        return distance < 0 ? distance + alignment : distance
    }

    private static func bytes<each Number: FixedWidthInteger & BitwiseCopyable>(_ numbers: repeat each Number)
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        for number in repeat each numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }
}
