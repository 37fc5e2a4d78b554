import ModelGraph
import Testing

@testable import ONNXFormat

@Suite("Reading and writing without a change")
struct RoundTripTests {
    @Test("An untouched model is written as it was read", arguments: Locations.own + Locations.fixtures)
    func untouched(path: String) throws {
        #expect(try ONNXWriter.bytes(of: Locations.read(path)) == Locations.bytes(path))
    }

    /// ONNX's own writer packs fields in the order of their numbers, as protobuf-c does: packing anew gives its bytes.
    @Test("Packing anew gives the bytes of the file", arguments: Locations.own + Locations.fixtures)
    func rebuilt(path: String) throws {
        var options = ONNXWriter.Options()
        options.rebuilds = true
        #expect(try ONNXWriter.bytes(of: Locations.read(path), options: options) == Locations.bytes(path))
    }

    @Test(
        "Models from elsewhere are packed into the same bytes",
        .enabled(if: !Locations.others.isEmpty, "the folder of shared models is not there"), arguments: Locations.others
    )
    func others(path: String) throws {
        var options = ONNXWriter.Options()
        options.rebuilds = true
        #expect(try ONNXWriter.bytes(of: Locations.read(path), options: options) == Locations.bytes(path))
    }

    @Test("Weights are slices of the file")
    func slices() throws {
        let model = try Locations.read(try #require(Locations.own.first))
        let file = try #require(model.source).file.bytes
        let constants = model.main.valueIDs.compactMap { model.main[$0].constant }.filter { $0.byteCount > 1000 }
        #expect(!constants.isEmpty)
        for constant in constants {
            let start = constant.withUnsafeBytes { $0.baseAddress }
            #expect(start.map { file.contains(address: $0) } == true)
        }
    }

    @Test("Files that are no models are told apart")
    func sniffing() throws {
        #expect(ONNXReader.isONNX(try MappedFile(path: try #require(Locations.own.first))))
        #expect(!ONNXReader.isONNX(try MappedFile(path: #filePath)))
    }

    @Test("Fields that the schema does not know are kept at every level")
    func unknownFields() throws {
        let marks = (0..<6).map { Wire.text(900 + UInt64($0), "unknown \($0)") + Wire.number(800, 1 << 40) }
        let attribute = Wire.bytes(5, Wire.text(1, "alpha") + Wire.number(20, 1) + marks[0])
        let node = Wire.node("Frob", ["x", "w"], ["y"], attribute + marks[1])
        let data = Wire.bytes(9, [0, 0, 128, 63]) + marks[2]
        let graph =
            node + Wire.initializer("w", dims: [1], data) + Wire.input("x") + Wire.output("y")
            + marks[3] + Wire.bytes(13, Wire.text(1, "y") + marks[4])
        let bytes = Wire.model(graph) + marks[5]
        var options = ONNXWriter.Options()
        options.rebuilds = true
        let written = try ONNXWriter.bytes(of: Locations.read(bytes), options: options)
        #expect(written.count == bytes.count)
        for mark in marks { #expect(written.occurrences(of: mark) == 1) }
    }

    @Test("Fields that are set to their default stay set, and those that are not stay unset")
    func presence() throws {
        // producer_name "" and model_version 0 are set; domain and doc_string are not.
        let graph =
            Wire.node("Relu", ["x"], ["y"], Wire.text(3, "") + Wire.text(7, "")) + Wire.text(2, "")
            + Wire.input("x") + Wire.output("y")
        let bytes =
            Wire.number(1, 8) + Wire.text(2, "") + Wire.number(5, 0) + Wire.bytes(7, graph)
            + Wire.bytes(8, Wire.text(1, "") + Wire.number(2, 17))
        var options = ONNXWriter.Options()
        options.rebuilds = true
        let written = try ONNXWriter.bytes(of: Locations.read(bytes), options: options)
        #expect(written.sorted() == bytes.sorted())
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(address: UnsafeRawPointer) -> Bool {
        guard let start = baseAddress else { return false }
        return address >= start && address < start + count
    }
}

extension [UInt8] {
    fileprivate func occurrences(of part: [UInt8]) -> Int {
        indices.count { self[$0...].starts(with: part) }
    }
}
