import Foundation
import Runtime
import Synchronization
import Testing

@testable import Evaluation

@Suite struct NPZTests {
    /// `numpy.savez` and `numpy.savez_compressed` of x = arange(12, uint8) as [3, 2, 2] and y = [2, 0, 1] (int64).
    static let stored =
        "UEsDBC0AAAAAAAAAIQCaCbEc//////////8FABQAeC5ucHkBABAAjAAAAAAAAACMAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzog"
        + "J3x1MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgzLCAyLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAg"
        + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAECAwQFBgcICQoLUEsDBC0AAAAAAAAAIQCKGs4T//////////8FABQA"
        + "eS5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2Us"
        + "ICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
        + "ICAKAgAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAUEsBAi0DLQAAAAAAAAAhAJoJsRyMAAAAjAAAAAUAAAAAAAAAAAAAAIABAAAAAHgu"
        + "bnB5UEsBAi0DLQAAAAAAAAAhAIoazhOYAAAAmAAAAAUAAAAAAAAAAAAAAIABwwAAAHkubnB5UEsFBgAAAAACAAIAZgAAAJIBAAAA"
        + "AA=="
    static let deflated =
        "UEsDBC0AAAAIAAAAIQCaCbEc//////////8FABQAeC5ucHkBABAAjAAAAAAAAABUAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6l"
        + "oF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CkZApKmjUKtAHuBiYGRiZmFlY+fg5OIGAFBLAwQtAAAACAAA"
        + "ACEAihrOE///////////BQAUAHkubnB5AQAQAJgAAAAAAAAASgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZf"
        + "VFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrGOpo6CrUKFAAuJgZUwAilAVBLAQItAy0AAAAIAAAAIQCaCbEcVAAAAIwAAAAFAAAA"
        + "AAAAAAAAAACAAQAAAAB4Lm5weVBLAQItAy0AAAAIAAAAIQCKGs4TSgAAAJgAAAAFAAAAAAAAAAAAAACAAYsAAAB5Lm5weVBLBQYA"
        + "AAAAAgACAGYAAAAMAQAAAAA="

    private func reader(_ bytes: [UInt8], byteLimit: Int = 1 << 20) throws -> NPZReader {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, to: "a.npz")
        let reader = try NPZReader(path: path, byteLimit: byteLimit)
        for member in reader.members { _ = try reader.array(member) }
        return reader
    }

    @Test(arguments: [stored, deflated]) func arraysFromNumPy(_ archive: String) throws {
        let reader = try reader(Array(Data(base64Encoded: archive)!))
        #expect(reader.names == ["x", "y"])
    }

    @Test(arguments: [stored, deflated]) func contents(_ archive: String) throws {
        let folder = try TemporaryFolder()
        let reader = try NPZReader(path: try folder.write(Array(Data(base64Encoded: archive)!), to: "a.npz"))
        let x = try reader.array(try #require(reader.member("x")))
        #expect(x.shape == [3, 2, 2])
        #expect(x.sampleBytes(1) == [4, 5, 6, 7])
        let y = try reader.array(try #require(reader.member("y")))
        #expect(y.rowMajorBytes().withUnsafeBytes(y.element.integers) == [2, 0, 1])
        let prefix = try reader.growingArray(try #require(reader.member("x")), prefix: 2)
        try prefix.require()
        #expect(prefix.shape == [2, 2, 2])
        #expect(prefix.rowMajorBytes() == Array(0..<8))
    }

    @Test(arguments: [stored, deflated]) func damage(_ archive: String) throws {
        let whole = Array(Data(base64Encoded: archive)!)
        for position in stride(from: 0, to: whole.count, by: 3) {
            var bytes = whole
            bytes[position] ^= UInt8(1 << (position % 8))
            _ = try? reader(bytes)
        }
        for count in stride(from: 0, to: whole.count, by: 11) {
            #expect(throws: DatasetError.self) { try reader(Array(whole.prefix(count))) }
        }
    }

    /// Samples are unpacked as they are asked for, in any order.
    @Test(arguments: [stored, deflated]) func samplesComeAsTheyAreRequired(_ archive: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array(Data(base64Encoded: archive)!), to: "a.npz")
        for order in [[0, 1, 2], [2, 1, 0], [1, 1, 0, 2, 2]] {
            let array = try ArraySet(npz: path).array("x", count: 3)
            for sample in order {
                try array.require(sample: sample)
                #expect(array.sampleBytes(sample) == (0..<4).map { UInt8(4 * sample + $0) })
            }
        }
        let part = try ArraySet(npz: path).array("x", count: 2)
        try part.require(sample: 1)
        #expect(part.shape == [2, 2, 2] && part.sampleBytes(1) == [4, 5, 6, 7])
    }

    /// The checksum is compared with the last sample, and what is damaged once stays so.
    @Test func damagedSamplesAreTold() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/out.npz"
        var random = RandomNumbers(seed: 3, stream: 0)
        let noise = (0..<120_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        var writer = NPZWriter()
        try noise.withUnsafeBytes { try writer.add("x", type: .uint8, shape: [3, 40_000], bytes: $0) }
        try writer.write(to: path, replacing: true)
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count - 20_000] ^= 1
        try folder.write(bytes, to: "out.npz")
        let array = try ArraySet(npz: path).array("x", count: 3)
        try array.require(sample: 1)
        #expect(array.sampleBytes(1) == Array(noise[40_000..<80_000]))
        for sample in [2, 2] {
            let error = #expect(throws: DatasetError.self) { try array.require(sample: sample) }
            #expect(error?.message.contains("is damaged") == true)
        }
    }

    /// Threads that ask for samples at the same time get what is in the file.
    @Test func threadsShareAnArray() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/out.npz"
        var writer = NPZWriter()
        let values = (0..<40_000).map { Float($0) }
        try values.withUnsafeBytes { try writer.add("x", type: .float32, shape: [40, 1000], bytes: $0) }
        try writer.write(to: path, replacing: true)
        let array = try ArraySet(npz: path).array("x", count: 40)
        let wrong = Atomic(0)
        ThreadPool(threads: 4).forEach(40) { index, _ in
            let sample = index * 7 % 40
            guard (try? array.require(sample: sample)) != nil,
                array.sampleBytes(sample).withUnsafeBytes(array.element.floats)
                    == Array(values[(sample * 1000)..<((sample + 1) * 1000)])
            else {
                wrong.add(1, ordering: .relaxed)
                return
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test func damagedElementsFailTheirChecksum() throws {
        var bytes = Array(Data(base64Encoded: Self.stored)!)
        let position = try #require((0..<bytes.count - 12).first { Array(bytes[$0..<($0 + 12)]) == Array(0..<12) })
        bytes[position] = 99
        let error = #expect(throws: DatasetError.self) { try reader(bytes) }
        #expect(error?.message.contains("checksum") == true)
    }

    @Test func largeArraysAreRefused() throws {
        let error = #expect(throws: DatasetError.self) {
            try reader(Array(Data(base64Encoded: Self.deflated)!), byteLimit: 11)
        }
        #expect(error?.remedy?.contains(".npy") == true)
    }

    @Test func writtenArraysAreReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/out.npz"
        var writer = NPZWriter()
        let floats: [Float] = [1, -2.5, 3, 4, 5, 6]
        try floats.withUnsafeBytes {
            try writer.add("StatefulPartitionedCall:0", type: .float32, shape: [2, 3], bytes: $0)
        }
        try [Int8(-1), 5].withUnsafeBytes { try writer.add("a/b", type: .int8, shape: [2], bytes: $0) }
        try [Int64(7)].withUnsafeBytes { try writer.add("scalar", type: .int64, shape: [], bytes: $0) }
        #expect(throws: DatasetError.self) {
            try [Int8(1)].withUnsafeBytes { try writer.add("a/b", type: .int8, shape: [1], bytes: $0) }
        }
        #expect(throws: DatasetError.self) {
            try [Int8(1)].withUnsafeBytes { try writer.add("c", type: .int8, shape: [2], bytes: $0) }
        }
        try writer.write(to: path, replacing: false)
        let reader = try NPZReader(path: path)
        #expect(reader.names == ["StatefulPartitionedCall:0", "a/b", "scalar"])
        let first = try reader.array(reader.members[0])
        #expect(first.shape == [2, 3])
        #expect(first.rowMajorBytes().withUnsafeBytes(first.element.floats) == floats)
        let scalar = try reader.array(reader.members[2])
        #expect(scalar.shape == [])
        #expect(scalar.rowMajorBytes().withUnsafeBytes(scalar.element.integers) == [7])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: DatasetError.self) { try writer.write(to: path, replacing: false) }
        try writer.write(to: path, replacing: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }
}
