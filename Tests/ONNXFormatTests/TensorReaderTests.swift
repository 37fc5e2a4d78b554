import ModelGraph
import Testing

@testable import ONNXFormat

@Suite("Elements of tensors")
struct TensorReaderTests {
    /// Both initializers of each type were made by the onnx package from the same elements.
    @Test("Typed fields give the same bytes as raw data, for every type")
    func typedAndRaw() throws {
        let graph = try Locations.fixture("types").main
        let values = Dictionary(uniqueKeysWithValues: graph.valueIDs.map { (graph[$0].name, graph[$0]) })
        let typed = values.keys.filter { $0.hasSuffix("_typed") && $0 != "STRING_typed" }
        #expect(typed.count == 25)
        for name in typed {
            let raw = try #require(values[name.replacing("_typed", with: "_raw")])
            let value = try #require(values[name])
            #expect(value.type == raw.type)
            #expect(value.constant == raw.constant, "\(name)")
            #expect(value.constant?.byteCount == value.type.byteCount(of: 7))
        }
        #expect(values["FLOAT_typed"]?.constant?.elements(as: Float.self) == [1, 0, 1, 1, 0, 1, 1])
        #expect(values["INT4_typed"]?.constant?.elements(as: UInt8.self) == [0x01, 0x11, 0x10, 0x01])
        #expect(values["INT2_typed"]?.constant?.elements(as: UInt8.self) == [0b01_01_00_01, 0b01_01_00])
    }

    @Test("Strings keep zero bytes")
    func strings() throws {
        let graph = try Locations.fixture("types").main
        let id = try #require(graph.valueIDs.first { graph[$0].name == "STRING_typed" })
        let expected: [Int32] = [2, 16, 19, 22]
        let bytes = expected.withUnsafeBytes(Array.init) + Array("onea\0b".utf8)
        #expect(graph[id].constant == TensorData(bytes: bytes))
    }

    @Test(
        "Data that does not fit type and shape is refused",
        arguments: [
            Wire.initializer("w", dims: [2], Wire.bytes(9, [0, 0, 0, 0])),
            Wire.initializer("w", dims: [2], Wire.bytes(4, [0, 0, 0, 0])),
            Wire.initializer("w", dims: [], Wire.bytes(9, [])),
            Wire.initializer("w", dims: [1 << 62, 1 << 62], Wire.bytes(9, [0, 0, 0, 0])),
            Wire.initializer("w", dims: [.max], Wire.bytes(9, [0, 0, 0, 0])),
            Wire.initializer("w", dims: [1], type: 0, Wire.bytes(9, [0, 0, 0, 0])),
            Wire.initializer("w", dims: [3], type: 8, Wire.text(6, "one")),
            Wire.initializer("w", dims: [1], Wire.bytes(4, [0, 0, 0])),
        ])
    func misfits(initializer: [UInt8]) {
        let graph = Wire.node("Add", ["x", "w"], ["y"]) + initializer + Wire.input("x") + Wire.output("y")
        #expect { try Locations.read(Wire.model(graph)) } throws: { ($0 as? ONNXError)?.code == .malformed }
    }

    @Test("A type that came later is kept without a look at its data")
    func laterType() throws {
        let graph =
            Wire.node("Frob", ["w"], ["y"]) + Wire.initializer("w", dims: [4], type: 27, Wire.bytes(9, [1, 2, 3]))
            + Wire.output("y")
        let model = try Locations.read(Wire.model(graph))
        let id = try #require(model.main.valueIDs.first { model.main[$0].name == "w" })
        #expect(model.main[id].isSparse)
        var options = ONNXWriter.Options()
        options.rebuilds = true
        #expect(try ONNXWriter.bytes(of: model, options: options).sorted() == Wire.model(graph).sorted())
    }
}
