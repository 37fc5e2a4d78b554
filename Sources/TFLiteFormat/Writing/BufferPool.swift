import ModelGraph

/// The contents of a file's buffers, equal ones once. Buffer 0 is the empty one, which all tensors without data name.
struct BufferPool {
    private(set) var contents: [TensorData] = [TensorData(bytes: [])]
    /// Buffers that have to stand within the tables.
    private(set) var metadata: Set<Int> = []
    private var indices: [UInt64: [Int]] = [:]

    /// - Complexity: O(bytes).
    mutating func index(of data: TensorData, isMetadata: Bool = false) -> Int {
        guard data.byteCount > 0 else { return 0 }
        let hash = data.withUnsafeBytes(Self.hash)
        for index in indices[hash] ?? [] where contents[index] == data && metadata.contains(index) == isMetadata {
            return index
        }
        contents.append(data)
        let index = contents.count - 1
        indices[hash, default: []].append(index)
        if isMetadata { metadata.insert(index) }
        return index
    }

    /// A hash that is the same in every run. Equality decides; a collision costs time only.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        func mixed(_ hash: UInt64, _ offset: Int) -> UInt64 {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let product = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
            return product ^ product >> 29
        }
        // Four side by side, so that none waits for the one before it.
        var (a, b, c, d) = (0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count), UInt64(1), UInt64(2), UInt64(3))
        var offset = 0
        while offset + 32 <= bytes.count {
            a = mixed(a, offset)
            b = mixed(b, offset + 8)
            c = mixed(c, offset + 16)
            d = mixed(d, offset + 24)
            offset += 32
        }
        var hash = a
        for other in [b, c, d] { hash = (hash ^ other) &* 0x9e37_79b9_7f4a_7c15 }
        while offset < bytes.count {
            hash = (hash ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01b3
            offset += 1
        }
        return hash
    }
}
