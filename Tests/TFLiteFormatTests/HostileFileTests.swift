import Foundation
import ModelGraph
import Testing

@testable import TFLiteFormat

/// Damaged files end in an error or in a model that can be written; never in a trap. Run it under AddressSanitizer.
@Suite struct HostileFileTests {
    /// A generator with a fixed seed: splitmix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return z ^ z >> 31
        }
    }

    /// - Returns: whether the bytes read as a model.
    private func survive(_ bytes: ArraySlice<UInt8>) throws -> Bool {
        let file = MappedFile(copying: bytes, named: "hostile")
        let model: Model
        do throws(TFLiteError) {
            model = try TFLiteReader.read(file)
        } catch {
            #expect(!error.message.isEmpty && error.location?.hasPrefix("hostile") == true)
            return false
        }
        for graph in model.graphs { try graph.validate() }
        do throws(TFLiteError) {
            let written = try TFLiteWriter.bytes(of: model, options: .rebuilding)
            let again = try TFLiteReader.read(MappedFile(copying: written, named: "again"))
            #expect(again.graphs.map(\.order.count) == model.graphs.map(\.order.count))
        } catch {
            #expect(error.code == .unsupported, "\(error)")
        }
        return true
    }

    private static let inputs: [[UInt8]] = {
        let made = [try? RareFile.bytes(), try? TFLiteWriter.bytes(of: SmallModel.make())].compactMap(\.self)
        return made + SharedModels.own.compactMap { try? SharedModels.contents(of: $0) }
    }()

    @Test func noInputIsLeftOut() { #expect(Self.inputs.count == 2 + SharedModels.own.count) }

    @Test(arguments: inputs.indices) func truncated(_ index: Int) throws {
        let bytes = Self.inputs[index]
        let step = max(1, bytes.count / 1000)
        for count in stride(from: 0, to: bytes.count, by: step) { _ = try survive(bytes.prefix(count)) }
    }

    @Test(arguments: inputs.indices) func bitsFlipped(_ index: Int) throws {
        let bytes = Self.inputs[index]
        // Weights can be anything; the tables, which a damaged file goes wrong in, are the rest.
        let structure = structureOffsets(bytes)
        var generator = Generator(state: 1)
        var readable = 0
        for _ in 0..<1500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let offset = structure.randomElement(using: &generator) ?? 0
                damaged[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            if try survive(damaged[...]) { readable += 1 }
        }
        #expect(readable > 0)
    }

    @Test(arguments: inputs.indices) func wordsReplaced(_ index: Int) throws {
        let bytes = Self.inputs[index]
        let structure = structureOffsets(bytes).filter { $0 % 4 == 0 && $0 + 4 <= bytes.count }
        var generator = Generator(state: 2)
        let values: [UInt32] = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFE, 0x0001_0000, 4, 8]
        for _ in 0..<1000 {
            var damaged = bytes
            let offset = structure.randomElement(using: &generator) ?? 0
            let value = values.randomElement(using: &generator) ?? 0
            withUnsafeBytes(of: value) { damaged.replaceSubrange(offset..<offset + 4, with: $0) }
            _ = try survive(damaged[...])
        }
    }

    /// The offsets that do not belong to weights.
    private func structureOffsets(_ bytes: [UInt8]) -> [Int] {
        guard let model = try? TFLiteReader.read(MappedFile(copying: bytes, named: "whole")),
            let source = model.source as? TFLiteSource
        else { return Array(bytes.indices) }
        let buffers = BufferTable(file: source.file, tables: source.rootTable.children("buffers"))
        var isWeight = [Bool](repeating: false, count: bytes.count)
        for index in buffers.tables.indices {
            for offset in (try? buffers.contents(of: index)) ?? 0..<0 { isWeight[offset] = true }
        }
        return bytes.indices.filter { $0 < source.extent && !isWeight[$0] }
    }
}
