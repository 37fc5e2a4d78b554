import ModelGraph
import Testing

@testable import TFLiteFormat

@Suite("Contents of buffers")
struct BufferPoolTests {
    /// Sizes below and above what is looked at of the ends of large ones.
    @Test(arguments: [1, 64, 129, 1000]) func equalOnesStandOnce(size: Int) {
        var pool = BufferPool()
        let zeros = [UInt8](repeating: 0, count: size)
        #expect(pool.index(of: TensorData(bytes: [])) == 0)
        #expect(pool.index(of: TensorData(bytes: zeros)) == 1)
        #expect(pool.index(of: TensorData(bytes: zeros)) == 1)
        // The same but for one byte, at any place.
        var next = 2
        for place in 0..<size {
            var bytes = zeros
            bytes[place] = 1
            #expect(pool.index(of: TensorData(bytes: bytes)) == next)
            #expect(pool.index(of: TensorData(bytes: bytes)) == next)
            next += 1
        }
        #expect(pool.index(of: TensorData(bytes: zeros + [0])) == next)
        // Readers look for metadata among the tables, wherever equal weights stand.
        #expect(pool.index(of: TensorData(bytes: zeros), isMetadata: true) == next + 1)
        #expect(pool.index(of: TensorData(bytes: zeros), isMetadata: true) == next + 1)
        #expect(pool.index(of: TensorData(bytes: zeros)) == 1)
        #expect(pool.metadata == [next + 1])
        #expect(pool.contents.count == next + 2)
    }
}
