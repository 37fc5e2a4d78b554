import Foundation
import ModelGraph
import Testing

@testable import ONNXFormat

@Suite("Input that means harm")
struct HostileInputTests {
    /// Reads and, if that works, packs anew: either gives a result or an `ONNXError`.
    private static func survives(_ bytes: [UInt8]) throws -> Bool {
        do {
            let model = try Locations.read(bytes)
            var options = ONNXWriter.Options()
            options.rebuilds = true
            _ = try ONNXWriter.bytes(of: model, options: options)
            return true
        } catch is ONNXError {
            return false
        }
    }

    private static func failure(_ bytes: [UInt8]) -> ONNXError? {
        do {
            _ = try Locations.read(bytes)
            return nil
        } catch {
            return error as? ONNXError
        }
    }

    @Test("A truncated model is refused", arguments: Locations.own)
    func truncation(path: String) throws {
        let bytes = try Locations.bytes(path)
        for end in Array(0..<64) + Array(stride(from: 64, to: bytes.count, by: bytes.count / 150)) {
            let error = Self.failure(Array(bytes[..<end]))
            #expect(error != nil, "\(end) bytes of \(bytes.count)")
        }
    }

    /// How many flips for each model.
    private static let flips = ProcessInfo.processInfo.environment["ONNX_FLIPS"].flatMap { Int($0) } ?? 300

    @Test("Flipped bits give a model or an error", arguments: Locations.own + Locations.fixtures)
    func bitFlips(path: String) throws {
        let original = try Locations.bytes(path)
        var bytes = original
        var state: UInt64 = 1
        for _ in 0..<Self.flips {
            // Knuth's MMIX generator; each second flip comes on top of others.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let place = Int(state >> 33) % bytes.count
            bytes[place] ^= 1 << UInt8((state >> 20) & 7)
            _ = try Self.survives(bytes)
            if state >> 60 < 8 { bytes = original }
        }
    }

    @Test("Every byte of a small model set to extremes gives a model or an error")
    func extremes() throws {
        let original = try Locations.bytes(Locations.fixtureFolder + "/everything.onnx")
        for place in original.indices {
            for value in [0x00, 0xff] as [UInt8] {
                var bytes = original
                bytes[place] = value
                _ = try Self.survives(bytes)
            }
        }
    }

    @Test(
        "Lengths that are larger than the file are refused",
        arguments: [Wire.varint(1 << 31), Wire.varint(.max), [0xff]])
    func hugeLengths(length: [UInt8]) {
        #expect(Self.failure([0x08, 0x08, 0x3a] + length)?.code == .malformed)
        let tensor = [0x4a] + length
        #expect(Self.failure(Wire.bytes(7, Wire.bytes(5, tensor)))?.code == .malformed)
    }

    @Test("Fields of another wire type, groups and the field number 0 are refused")
    func wireTypes() {
        #expect(Self.failure(Wire.text(1, "version") + Wire.bytes(7, []))?.code == .malformed)
        #expect(Self.failure(Wire.bytes(7, Wire.number(1, 1)))?.code == .malformed)
        #expect(Self.failure(Wire.bytes(7, []) + [0x9b, 0x06, 0x9c, 0x06])?.code == .unsupported)
        #expect(Self.failure([0x02, 0x00])?.code == .malformed)
        #expect(Self.failure(Wire.bytes(7, []) + Wire.bytes(7, []))?.code == .unsupported)
    }

    /// Types inside types, graphs inside attributes inside nodes: 10,000 levels would overflow the stack.
    @Test("Messages that nest too deep are refused", arguments: [30, 200, 10_000])
    func nesting(levels: Int) throws {
        var graph: [UInt8] = []
        for _ in 0..<levels {
            graph = Wire.node(
                "If", [], [], Wire.bytes(5, Wire.text(1, "then_branch") + Wire.number(20, 5) + Wire.bytes(6, graph)))
        }
        let error = Self.failure(Wire.model(graph))
        #expect(error?.code == (levels > 33 ? .unsupported : nil))
        var type: [UInt8] = []
        for _ in 0..<levels { type = Wire.bytes(4, Wire.bytes(1, type)) }
        let typed = Self.failure(Wire.model(Wire.bytes(13, Wire.text(1, "v") + Wire.bytes(2, type))))
        #expect(typed?.code == (levels > 33 ? .unsupported : nil))
    }

    @Test("A message of nothing but empty messages does not take all memory")
    func amplification() {
        let graph = Array(repeating: [0x0a, 0x00] as [UInt8], count: 2_000_000).flatMap { $0 }
        let error = Self.failure(Wire.model(graph))
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("memory") == true)
    }

    /// Why a graph is refused, and the graph.
    private static let impossible: [(reason: String, parts: [[UInt8]])] = {
        let tensor = Wire.initializer("x", dims: [1], Wire.bytes(9, [0, 0, 0, 0]))
        let body = Wire.bytes(6, Wire.node("Relu", ["out"], ["z"]))
        let x = Wire.input("x")
        return [
            ("two tensors", [tensor, tensor]),
            ("two graph inputs", [x, x]),
            ("defined twice", [x, Wire.node("Relu", ["x"], ["y"]), Wire.node("Relu", ["x"], ["y"])]),
            ("defined twice", [x, Wire.node("Relu", ["x"], ["x"])]),
            ("not defined", [Wire.node("Relu", ["missing"], ["y"]), Wire.output("y")]),
            ("not defined", [x, Wire.output("y")]),
            ("cycle", [Wire.node("Relu", ["b"], ["a"]), Wire.node("Relu", ["a"], ["b"])]),
            ("cycle", [Wire.node("Relu", ["a"], ["a"])]),
            ("no type", [Wire.bytes(1, Wire.text(2, "y"))]),
            ("no name", [Wire.bytes(11, [])]),
            ("UTF-8", [Wire.bytes(11, Wire.bytes(1, [0xff, 0xfe]))]),
            ("not defined around it", [Wire.node("If", [], ["y"], Wire.bytes(5, Wire.number(20, 5) + body))]),
        ]
    }()

    @Test("Graphs that cannot be are refused, and say why", arguments: impossible.indices)
    func structure(index: Int) throws {
        let (reason, parts) = Self.impossible[index]
        let error = try #require(Self.failure(Wire.model(parts.flatMap { $0 })))
        #expect(error.code == .malformed)
        #expect(error.description.contains(reason), "\(error)")
        #expect(error.location != nil)
    }

    @Test("Operators in another order than they run in are put in order")
    func order() throws {
        let graph =
            Wire.node("Relu", ["a"], ["y"]) + Wire.node("Relu", ["x"], ["a"]) + Wire.input("x") + Wire.output("y")
        let main = try Locations.read(Wire.model(graph)).main
        #expect(main.order.map { main[main[$0].outputs[0]].name } == ["a", "y"])
    }
}
