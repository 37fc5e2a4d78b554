import Foundation
import ModelGraph
import Testing

@testable import TFLiteFormat

@Suite final class OutputFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    @Test func writesTheBytesAndNothingElse() throws {
        let model = SmallModel.make()
        try TFLiteWriter.write(model, to: path("a.tflite"), replacing: false)
        #expect(names == ["a.tflite"])
        #expect(try SharedModels.contents(of: path("a.tflite")) == TFLiteWriter.bytes(of: model))
    }

    @Test func existingFileIsKeptUnlessReplaced() throws {
        try Data("keep".utf8).write(to: folder.appending(path: "a.tflite"))
        let error = #expect(throws: TFLiteError.self) {
            try TFLiteWriter.write(SmallModel.make(), to: path("a.tflite"), replacing: false)
        }
        #expect(error?.code == .cannotWrite)
        #expect(try SharedModels.contents(of: path("a.tflite")) == Array("keep".utf8))
        try TFLiteWriter.write(SmallModel.make(), to: path("a.tflite"), replacing: true)
        #expect(TFLiteReader.isTFLite(try MappedFile(path: path("a.tflite"))))
        #expect(names == ["a.tflite"])
    }

    /// The input stays mapped while its name goes to the output.
    @Test func inputCanBeReplaced() throws {
        try TFLiteWriter.write(SmallModel.make(), to: path("a.tflite"), replacing: false)
        var model = try TFLiteReader.read(MappedFile(path: path("a.tflite")))
        model.main[ValueID(index: 0)].name = "renamed"
        let expected = try TFLiteWriter.bytes(of: model)
        try TFLiteWriter.write(model, to: path("a.tflite"), replacing: true)
        #expect(try SharedModels.contents(of: path("a.tflite")) == expected)
        #expect(try TFLiteWriter.bytes(of: model) == expected)
    }

    @Test func failuresSayWhyAndLeaveNothing() throws {
        for (target, reason) in [
            (path("no/such/a.tflite"), "No such file or directory"), (folder.path, "Is a directory"),
        ] {
            let error = #expect(throws: TFLiteError.self) {
                try TFLiteWriter.write(SmallModel.make(), to: target, replacing: true)
            }
            #expect(error?.code == .cannotWrite)
            #expect(error?.description.contains(reason) == true)
            #expect(error?.location == target)
        }
        #expect(names == [])
    }
}
