import Foundation
import ModelGraph
import Testing

@testable import ONNXFormat

@Suite("Weights in files of their own")
struct ExternalDataTests {
    private static func model(_ reference: [UInt8]) -> [UInt8] {
        Wire.model(
            Wire.node("Add", ["x", "w"], ["y"]) + Wire.initializer("w", dims: [2], reference) + Wire.input("x")
                + Wire.output("y"))
    }

    private static func weight(_ model: Model, _ name: String) throws -> TensorData {
        let id = try #require(model.main.valueIDs.first { model.main[$0].name == name })
        return try #require(model.main[id].constant)
    }

    @Test("Each tensor is its part of the file")
    func parts() throws {
        let model = try Locations.fixture("external")
        for index in 0..<3 {
            let expected = TensorData(Array(repeating: Float(index), count: 1024))
            #expect(try Self.weight(model, "w\(index)") == expected)
        }
    }

    @Test(
        "What lies outside the file, or is no number, is refused",
        arguments: [
            ("1", "8"), ("0", "9"), ("9223372036854775807", "8"), ("0", "9223372036854775807"), ("-1", "8"),
            ("0", "-8"),
            ("zero", "8"), ("99999999999999999999", "8"), ("9", nil), ("0", "4"),
        ] as [(String, String?)])
    func bounds(offset: String, length: String?) throws {
        try Locations.withFolder { folder in
            try Locations.write(Array(repeating: 0, count: 8), to: folder + "/w.bin")
            try Locations.write(
                Self.model(Wire.external("w.bin", offset: offset, length: length)), to: folder + "/m.onnx")
            #expect(throws: ONNXError.self) { try Locations.read(folder + "/m.onnx") }
        }
    }

    @Test("A location that leads out of the model's folder is refused")
    func locations() throws {
        try Locations.withFolder { folder in
            let manager = FileManager.default
            try manager.createDirectory(atPath: folder + "/model/sub", withIntermediateDirectories: true)
            for path in ["/out.bin", "/model/in.bin", "/model/sub/deep.bin"] {
                try Locations.write(Array(repeating: 0, count: 8), to: folder + path)
            }
            try manager.createSymbolicLink(atPath: folder + "/model/link.bin", withDestinationPath: "../out.bin")
            try manager.createSymbolicLink(atPath: folder + "/model/up", withDestinationPath: "..")
            try manager.createSymbolicLink(atPath: folder + "/model/inner.bin", withDestinationPath: "sub/deep.bin")
            func error(_ location: String) throws -> ONNXError? {
                try Locations.write(Self.model(Wire.external(location)), to: folder + "/model/m.onnx")
                do {
                    _ = try Locations.read(folder + "/model/m.onnx")
                    return nil
                } catch { return error as? ONNXError }
            }
            for refused in [
                "../out.bin", folder + "/model/in.bin", "link.bin", "up/out.bin", "sub/../in.bin", "", "in.bin\0", ".",
                "sub",
                "absent.bin",
            ] {
                #expect(try error(refused)?.code == .externalData, "\(refused)")
            }
            for allowed in ["in.bin", "sub/deep.bin", "inner.bin", "./in.bin"] {
                #expect(try error(allowed) == nil, "\(allowed)")
            }
        }
    }

    @Test("An external tensor without a location is refused")
    func noLocation() {
        #expect { try Locations.read(Self.model(Wire.number(14, 1))) } throws: {
            ($0 as? ONNXError)?.code == .externalData
        }
    }

    @Test("A model with external data gets a file of its own beside it")
    func rewritten() throws {
        try Locations.withFolder { folder in
            try ONNXWriter.write(try Locations.fixture("external"), to: folder + "/copy.onnx", replacing: false)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["copy.onnx", "copy.onnx.data"])
            let copy = try Locations.read(folder + "/copy.onnx")
            for index in 0..<3 {
                let expected = TensorData(Array(repeating: Float(index), count: 1024))
                #expect(try Self.weight(copy, "w\(index)") == expected)
            }
        }
    }

    @Test("The data of the model that was read is not overwritten by another model's")
    func ownData() throws {
        try Locations.withFolder { folder in
            try ONNXWriter.write(try Locations.fixture("external"), to: folder + "/out.onnx", replacing: false)
            try FileManager.default.moveItem(atPath: folder + "/out.onnx", toPath: folder + "/in.onnx")
            let model = try Locations.read(folder + "/in.onnx")
            #expect { try ONNXWriter.write(model, to: folder + "/out.onnx", replacing: true) } throws: {
                ($0 as? ONNXError)?.code == .cannotWrite
            }
            #expect(try Locations.bytes(folder + "/out.onnx.data").count == 3 * 4096)
        }
    }

    @Test("A pipe in the place of data is refused, and not waited for")
    func pipe() throws {
        try Locations.withFolder { folder in
            #expect(mkfifo(folder + "/w.bin", 0o600) == 0)
            try Locations.write(Self.model(Wire.external("w.bin")), to: folder + "/m.onnx")
            #expect(throws: ONNXError.self) { try Locations.read(folder + "/m.onnx") }
        }
    }

    @Test("Data moves in and out as asked, and back to the same model")
    func moved() throws {
        try Locations.withFolder { folder in
            let path = try #require(Locations.own.first { $0.hasSuffix("digits_resnet.onnx") })
            var options = ONNXWriter.Options()
            options.externalData = .always
            try ONNXWriter.write(try Locations.read(path), to: folder + "/out.onnx", replacing: false, options: options)
            let size = try Locations.bytes(folder + "/out.onnx").count
            #expect(try size < Locations.bytes(path).count / 4)
            options.externalData = .never
            let external = try Locations.read(folder + "/out.onnx")
            try ONNXWriter.write(external, to: folder + "/in.onnx", replacing: false, options: options)
            #expect(try Locations.bytes(folder + "/in.onnx") == Locations.bytes(path))
        }
    }

    @Test("A model that is too large for one file gets external data")
    func tooLarge() throws {
        try Locations.withFolder { folder in
            let path = try #require(Locations.own.first { $0.hasSuffix("digits_resnet.onnx") })
            var options = ONNXWriter.Options()
            options.rebuilds = true
            options.maximumByteCount = 20_000
            try ONNXWriter.write(try Locations.read(path), to: folder + "/out.onnx", replacing: false, options: options)
            #expect(FileManager.default.fileExists(atPath: folder + "/out.onnx.data"))
            options.externalData = .never
            #expect {
                try ONNXWriter.write(
                    try Locations.read(path), to: folder + "/in.onnx", replacing: false, options: options)
            } throws: { ($0 as? ONNXError)?.code == .cannotWrite }
            #expect(!FileManager.default.fileExists(atPath: folder + "/in.onnx"))
        }
    }

    @Test("A file that is there is replaced only if that is allowed, and nothing else is left behind")
    func replacing() throws {
        try Locations.withFolder { folder in
            let model = try Locations.fixture("operators")
            try ONNXWriter.write(model, to: folder + "/m.onnx", replacing: false)
            #expect { try ONNXWriter.write(model, to: folder + "/m.onnx", replacing: false) } throws: {
                ($0 as? ONNXError)?.code == .cannotWrite
            }
            try ONNXWriter.write(model, to: folder + "/m.onnx", replacing: true)
            #expect(throws: ONNXError.self) {
                try ONNXWriter.write(model, to: folder + "/none/m.onnx", replacing: true)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.onnx"])
        }
    }
}
