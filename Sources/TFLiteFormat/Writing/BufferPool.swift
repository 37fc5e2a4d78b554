import ModelGraph

/// The contents of a file's buffers, equal ones once. Buffer 0 is the empty one, which all tensors without data name.
struct BufferPool {
    private(set) var contents: [TensorData] = [TensorData(bytes: [])]
    /// Buffers that have to stand within the tables.
    private(set) var metadata: Set<Int> = []
    /// The buffers by what tells most of them apart at a glance.
    private var similar: [UInt64: Similar] = [:]

    /// Buffers of one size that begin and end alike.
    private struct Similar {
        /// The first of them; the others' contents are hashed, and its own once there are others.
        var first: Int
        var byHash: [UInt64: [Int]] = [:]
    }

    /// - Complexity: O(1) for a buffer that is like none before it, else O(bytes).
    mutating func index(of data: TensorData, isMetadata: Bool = false) -> Int {
        guard data.byteCount > 0 else { return 0 }
        let glance = data.withUnsafeBytes(Self.glance)
        guard var alike = similar.removeValue(forKey: glance) else {
            similar[glance] = Similar(first: contents.count)
            return add(data, isMetadata)
        }
        if alike.byHash.isEmpty { alike.byHash[contents[alike.first].withUnsafeBytes(Self.hash)] = [alike.first] }
        let hash = data.withUnsafeBytes(Self.hash)
        let found = alike.byHash[hash, default: []].first { index in
            contents[index] == data && metadata.contains(index) == isMetadata
        }
        if found == nil { alike.byHash[hash, default: []].append(contents.count) }
        similar[glance] = alike
        return found ?? add(data, isMetadata)
    }

    private mutating func add(_ data: TensorData, _ isMetadata: Bool) -> Int {
        contents.append(data)
        if isMetadata { metadata.insert(contents.count - 1) }
        return contents.count - 1
    }

    /// A hash of the size, the beginning and the end.
    private static func glance(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let ends = 64
        guard bytes.count > 2 * ends else { return hash(bytes) }
        let begin = hash(UnsafeRawBufferPointer(rebasing: bytes.prefix(ends)))
        let end = hash(UnsafeRawBufferPointer(rebasing: bytes.suffix(ends)))
        return (begin ^ UInt64(bytes.count)) &* 0x9e37_79b9_7f4a_7c15 ^ end
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
