import ModelGraph
import Testing

@testable import Evaluation

@Suite("Element types that NumPy lacks")
struct NumPyFormTests {
    @Test("4-bit integers stand in a byte each, the first in the low half, and go back to the same bytes")
    func int4() throws {
        // [-1, 3, -8]: 0xF, 0x3, 0x8
        let packed: [UInt8] = [0x3F, 0x08]
        let form = try #require(NumPyForm(.int4))
        let bytes = packed.withUnsafeBytes { form.arrayBytes($0, count: 3) }
        #expect(form.element == .int8)
        #expect(bytes.map { Int8(bitPattern: $0) } == [-1, 3, -8])
        var back: [UInt8] = [0xAA, 0xAA]
        #expect(back.withUnsafeMutableBytes { form.store(bytes, into: $0) })
        #expect(back == packed)
        #expect(!back.withUnsafeMutableBytes { form.store([1, 2, 3, 4, 5], into: $0) })
    }

    @Test("2-bit codes without a sign")
    func uint2() throws {
        let form = try #require(NumPyForm(.uint2))
        let packed: [UInt8] = [0b11_10_01_00]
        #expect(packed.withUnsafeBytes { form.arrayBytes($0, count: 4) } == [0, 1, 2, 3])
    }

    @Test("Codes of bfloat16 and of 8-bit floats are unsigned integers; strings have no form")
    func codes() {
        #expect(NumPyForm(.bfloat16)?.element == .uint16)
        #expect(NumPyForm(.float8E5M2)?.element == .uint8)
        #expect(NumPyForm(.float32)?.element == .float32)
        #expect(NumPyForm(.string) == nil)
    }
}
