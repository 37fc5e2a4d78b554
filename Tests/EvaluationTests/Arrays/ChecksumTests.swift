import CZlib
import Runtime
import Testing

@testable import Evaluation

@Suite struct ChecksumTests {
    /// zlib's of the same bytes, around the lengths that are taken at once.
    @Test(arguments: InstructionSet.allCases.filter(\.isAvailable)) func lengthsAndPlaces(_ set: InstructionSet) {
        let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0 * 7919 >> 3) }
        bytes.withUnsafeBytes { bytes in
            for count in [0, 1, 15, 16, 63, 64, 65, 127, 128, 130, 255, 256, 257, 319, 320, 511, 512, 513, 1023, 1900] {
                var checksum = Checksum()
                var expected = crc32_z(0, nil, 0)
                for start in [0, 3, 64] {
                    let part = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
                    checksum.add(part, on: set)
                    expected = crc32_z(expected, part.baseAddress, part.count)
                    #expect(checksum.value == expected, "\(count) bytes from \(start) on")
                }
            }
        }
    }

    /// The check value of the catalogue of parametrised CRC algorithms for CRC-32/ISO-HDLC.
    @Test func checkValue() {
        var checksum = Checksum()
        Array("123456789".utf8).withUnsafeBytes { checksum.add($0) }
        #expect(checksum.value == 0xCBF4_3926)
    }
}
