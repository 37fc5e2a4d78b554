import Foundation
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
        let prefix = try reader.array(try #require(reader.member("x")), prefix: 2)
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

    /// An archive of one member as `numpy.savez` writes it, without the extra field: real numbers [samples, 20000].
    private static func archive(samples: Int, _ values: [Float], checksum: UInt32? = nil) -> [UInt8] {
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(samples), 20000), }"
        text += String(repeating: " ", count: 117 - text.utf8.count) + "\n"
        var member: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8)
        member += values.withUnsafeBytes { Array($0) }
        func bytes(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 255) } }
        let sum = Int(checksum ?? member.withUnsafeBytes(SampleChecksums.checksum))
        let fields =
            bytes(20, 2) + bytes(0, 8) + bytes(sum, 4) + bytes(member.count, 4) + bytes(member.count, 4) + bytes(5, 2)
            + bytes(0, 2)
        let name = Array("x.npy".utf8)
        let local = bytes(0x0403_4B50, 4) + fields + name
        let entry = bytes(0x0201_4B50, 4) + bytes(20, 2) + fields + bytes(0, 14) + name
        let end = bytes(0x0605_4B50, 4) + bytes(0, 4) + bytes(1, 2) + bytes(1, 2) + bytes(entry.count, 4)
        return local + member + entry + end + bytes(local.count + member.count, 4) + bytes(0, 2)
    }

    /// Large samples are read where they are stored, and the file's checksum is compared when all have been.
    @Test func storedSamplesAreReadInPlace() throws {
        let values = (0..<60_000).map { Float($0) }
        let folder = try TemporaryFolder()
        let whole = Self.archive(samples: 3, values)
        let set = try ArraySet(npz: folder.write(whole, to: "a.npz"))
        let array = try set.array("x", count: 3)
        #expect(array.isStoredInFile)
        for sample in [2, 0, 2, 1] {
            try array.check(sample)
            #expect(
                array.sampleBytes(sample).withUnsafeBytes(array.element.floats)
                    == Array(values[(sample * 20_000)..<((sample + 1) * 20_000)]))
        }
        let part = try ArraySet(npz: folder.write(whole, to: "b.npz")).array("x", count: 2)
        #expect(part.isStoredInFile && part.shape == [2, 20_000])
        for sample in 0..<2 { try part.check(sample) }

        let damaged = Self.archive(samples: 3, values, checksum: 1)
        let other = try ArraySet(npz: folder.write(damaged, to: "c.npz")).array("x", count: 3)
        try other.check(1)
        try other.check(0)
        let error = #expect(throws: DatasetError.self) { try other.check(2) }
        #expect(error?.message.contains("damaged") == true)
    }

    /// Whatever a directory says, nothing outside of the archive is read.
    @Test func damagedDirectories() throws {
        let whole = Self.archive(samples: 1, [Float](repeating: 0, count: 20_000))
        let directory = whole.count - 22 - 51
        for position in Array(0..<48) + Array(directory..<whole.count) {
            for bit in [0, 6, 7] {
                var bytes = whole
                bytes[position] ^= UInt8(1 << bit)
                bytes.withUnsafeBytes { bytes in
                    guard let found = ZipDirectory(bytes).storedMember(at: 0, named: "x.npy") else { return }
                    #expect(found.range.lowerBound >= 0 && found.range.upperBound <= bytes.count)
                }
            }
        }
        let cut = Array(whole.suffix(60))
        #expect(cut.withUnsafeBytes { ZipDirectory($0).storedMember(at: 0, named: "x.npy") } == nil)
        #expect(whole.withUnsafeBytes { ZipDirectory($0).storedMember(at: 1, named: "x.npy") } == nil)
        #expect(whole.withUnsafeBytes { ZipDirectory($0).storedMember(at: 0, named: "y.npy") } == nil)
    }

    @Test func damagedElementsFailTheirChecksum() throws {
        var bytes = Array(Data(base64Encoded: Self.stored)!)
        let position = try #require((0..<bytes.count - 12).first { Array(bytes[$0..<($0 + 12)]) == Array(0..<12) })
        bytes[position] = 99
        let error = #expect(throws: DatasetError.self) { try reader(bytes) }
        #expect(error?.message.contains("CRC error") == true)
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
