import Foundation
import ModelGraph
import Testing

@Suite("Bytes of constants")
struct ConstantBytesTests {
    /// Less and more than a large page.
    @Test(arguments: [10, 3_000_000]) func partsOfOneBlock(byteCount: Int) {
        let block = MemoryBlock(byteCount: byteCount)
        for index in 0..<byteCount { block.bytes[index] = UInt8(truncatingIfNeeded: index) }
        let first = TensorData(block, range: 0..<4)
        let last = TensorData(block, range: byteCount - 2..<byteCount)
        #expect(first.elements(as: UInt8.self) == [0, 1, 2, 3])
        #expect(last.elements(as: UInt8.self) == (byteCount - 2..<byteCount).map { UInt8(truncatingIfNeeded: $0) })
        #expect(first == TensorData(bytes: [0, 1, 2, 3]) && first.identity != last.identity)
    }

    @Test func severalAtOnce() {
        let parts = [TensorData(bytes: [1, 2]), TensorData(bytes: []), TensorData([3 as UInt16])]
        #expect(TensorData.withUnsafeBytes(of: parts[...]) { $0.map(Array.init) } == [[1, 2], [], [3, 0]])
        #expect(TensorData.withUnsafeBytes(of: parts[1...]) { $0.count } == 2)
    }

    @Test func filesAreCopiedFrom() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "mapped-\(UUID().uuidString)").path
        defer { unlink(path) }
        try Data((0..<100).map(UInt8.init)).write(to: URL(fileURLWithPath: path))
        let data = TensorData(mapped: try MappedFile(path: path, staysOpen: true), range: 10..<60)
        let closed = TensorData(mapped: try MappedFile(path: path), range: 10..<60)
        var copy = [UInt8](repeating: 0, count: 6)
        #expect(copy.withUnsafeMutableBytes { data.copyFromFile(44..<50, to: $0) })
        #expect(copy == [54, 55, 56, 57, 58, 59])
        // More than the data has, and than there is room for.
        #expect(!copy.withUnsafeMutableBytes { closed.copyFromFile(44..<50, to: $0) })
        #expect(!copy.withUnsafeMutableBytes { data.copyFromFile(45..<51, to: $0) })
        #expect(!copy.withUnsafeMutableBytes { data.copyFromFile(0..<7, to: $0) })
        // What the file has lost cannot be copied.
        truncate(path, 20)
        #expect(!copy.withUnsafeMutableBytes { data.copyFromFile(8..<14, to: $0) })
        #expect(!copy.withUnsafeMutableBytes { TensorData(bytes: [1, 2]).copyFromFile(0..<1, to: $0) })
    }

    @Test func workInTheBackgroundHasAResult() {
        let work = (0..<4).map { index in BackgroundWork { (0...index * 1000).reduce(0, +) } }
        #expect(work.map { $0.wait() } == [0, 500_500, 2_001_000, 4_501_500])
        // Nobody has to wait.
        _ = BackgroundWork { 1 }
    }
}
