import Foundation
import ModelGraph
import Testing

@testable import Evaluation

/// An array as a `.npy` file of the given form.
func npy(_ description: String, _ shape: String, fortran: Bool = false, version: UInt8 = 1, _ payload: [UInt8])
    -> [UInt8]
{
    let text = "{'descr': '\(description)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
    let length = UInt8(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + (version == 1 ? [length, 0] : [length, 0, 0, 0])
        + Array(text.utf8) + payload
}

@Suite struct NPYTests {
    struct Case: Sendable {
        var description: String
        var payload: [UInt8]
        var values: [Float]
    }

    /// Bytes as `numpy.ndarray.tobytes` gives them.
    static let cases = [
        Case(
            description: "<f2", payload: [0x00, 0x3C, 0x00, 0xC1, 0x01, 0x00, 0x00, 0x7C],
            values: [1, -2.5, 0x1p-24, .infinity]),
        Case(description: "<f4", payload: [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0], values: [1, -2.5]),
        Case(description: ">f4", payload: [0x3F, 0x80, 0, 0, 0xC0, 0x20, 0, 0], values: [1, -2.5]),
        Case(description: "<f8", payload: [0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F], values: [0.1]),
        Case(description: ">f8", payload: [0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A], values: [0.1]),
        Case(description: "|i1", payload: [0xFF, 0x80, 0x7F], values: [-1, -128, 127]),
        Case(description: "|u1", payload: [0xFF, 0x80], values: [255, 128]),
        Case(description: "<i2", payload: [0xFF, 0xFF, 0x00, 0x80], values: [-1, -32768]),
        Case(description: ">i2", payload: [0xFF, 0xFE], values: [-2]),
        Case(description: "<u2", payload: [0xFF, 0xFF], values: [65535]),
        Case(description: "<i4", payload: [0x01, 0, 0, 0x01], values: [16_777_216]),
        Case(description: "<u4", payload: [0xFF, 0xFF, 0xFF, 0xFF], values: [4_294_967_296]),
        Case(description: "<i8", payload: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], values: [-1]),
        Case(description: ">u8", payload: [0, 0, 0, 0, 0, 0, 1, 0], values: [256]),
        Case(description: "|b1", payload: [0, 1, 2], values: [0, 1, 1]),
    ]

    private func array(_ bytes: [UInt8]) throws -> NumericArray {
        let folder = try TemporaryFolder()
        return try NumericArray(npy: try folder.write(bytes, to: "a.npy"))
    }

    @Test(arguments: cases) func elements(_ test: Case) throws {
        let array = try array(npy(test.description, "(1, \(test.values.count))", test.payload))
        #expect(array.sampleBytes(0).withUnsafeBytes(array.element.floats) == test.values)
        #expect(array.rowMajorBytes().withUnsafeBytes(array.element.floats) == test.values)
    }

    @Test(arguments: [1, 2, 3] as [UInt8]) func versions(_ version: UInt8) throws {
        #expect(try array(npy("|u1", "(3,)", version: version, [7, 8, 9])).shape == [3])
    }

    /// `np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(2, 3, 2))`, whose bytes are those of the transposed array.
    @Test func fortranOrder() throws {
        let array = try array(npy("|u1", "(2, 3, 2)", fortran: true, [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]))
        #expect(array.sampleBytes(0) == [0, 1, 2, 3, 4, 5])
        #expect(array.sampleBytes(1) == [6, 7, 8, 9, 10, 11])
        #expect(array.rowMajorBytes() == Array(0..<12))
    }

    @Test func bigEndianIntegersInFortranOrder() throws {
        let array = try array(npy(">i2", "(2, 2)", fortran: true, [0, 1, 0, 3, 0, 2, 0, 4]))
        #expect(array.rowMajorBytes().withUnsafeBytes(array.element.integers) == [1, 2, 3, 4])
    }

    @Test(arguments: [
        "(99999999999999999999,)", "(9223372036854775807, 9223372036854775807)", "(-1,)", "(2", "2", "(2,,)", "(True,)",
        "(281474976710657,)", "(0, 9223372036854775807",
        "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)",
    ])
    func impossibleShapes(_ shape: String) {
        #expect(throws: DatasetError.self) { try array(npy("|u1", shape, [1, 2])) }
    }

    @Test(arguments: ["<c4", "|O", "<U4", "|S3", "<M8[s]", "", "<f", "<f16", "f4"]) func otherElements(
        _ description: String
    ) {
        let error = #expect(throws: DatasetError.self) { try array(npy(description, "(1,)", [0, 0, 0, 0])) }
        #expect(error?.code == .unsupportedFormat)
    }

    @Test func truncation() throws {
        let whole = npy("<f4", "(2,)", [1, 2, 3, 4, 5, 6, 7, 8])
        for count in 0..<whole.count {
            #expect(throws: DatasetError.self) { try array(Array(whole.prefix(count))) }
        }
    }

    @Test func damage() throws {
        let whole = npy("<f4", "(2,)", [1, 2, 3, 4, 5, 6, 7, 8])
        for position in 0..<(whole.count - 8) {
            for bit in 0..<8 {
                var bytes = whole
                bytes[position] ^= 1 << bit
                if let array = try? array(bytes) { _ = array.rowMajorBytes() }
            }
        }
    }

    @Test func headerAgainstNumPy() {
        // The first 128 bytes that `numpy.save` writes for a float32 array [2, 3, 4] and for an int8 array [5].
        #expect(
            NPYHeader(element: .float32, shape: [2, 3, 4]).encoded
                == npyStart + Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }".utf8)
                + Array(repeating: 0x20, count: 55) + [0x0A])
        #expect(
            NPYHeader(element: .int8, shape: [5]).encoded
                == npyStart + Array("{'descr': '|i1', 'fortran_order': False, 'shape': (5,), }".utf8)
                + Array(repeating: 0x20, count: 60) + [0x0A])
    }

    private let npyStart: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0]
}

@Suite struct HalfPrecisionTests {
    /// From `numpy.float32(x).astype(numpy.float16).view(numpy.uint16)`.
    @Test func rounding() {
        let values: [Float] = [
            0, -0.0, 1, -2.5, 65504, 65519.99, 65520, 1e-8, 6e-8, 5.9604645e-8, 2.9802322e-8, 2.99e-8, 6.1e-5, 0.1,
            1 / 3,
            1.00048828125, 1.0014648, -1e9, .infinity,
        ]
        let bits: [UInt16] = [
            0, 32768, 15360, 49408, 31743, 31743, 31744, 0, 1, 1, 0, 1, 1023, 11878, 13653, 15360, 15362, 64512, 31744,
        ]
        #expect(values.map(\.halfBits) == bits)
        for pattern in UInt16.min...UInt16.max where pattern & 0x7C00 != 0x7C00 {
            #expect(Float(halfBits: pattern).halfBits == pattern)
        }
    }
}
