import Foundation
import ModelGraph
import Testing

@testable import TFLiteFormat

extension WritingOptions {
    /// Writes every table anew, even if nothing was changed.
    static let rebuilding = WritingOptions(copiesUnchanged: false)
}

/// A read and rewritten file is the same to every reader, and not larger.
@Suite struct RoundTripTests {
    @Test(
        .enabled(if: !SharedModels.all.isEmpty, "no .tflite files in Models or ../shared/models"),
        arguments: SharedModels.all)
    func rebuiltFileIsTheSameAndNotLarger(_ path: String) throws {
        let file = try MappedFile(path: path)
        let model = try TFLiteReader.read(file)
        let bytes = try TFLiteWriter.bytes(of: model, options: .rebuilding)
        let rebuilt = MappedFile(copying: bytes, named: "rebuilt")
        #expect(FileComparison.differences(file, rebuilt) == [])
        #expect(bytes.count <= file.bytes.count)
        let again = try TFLiteReader.read(rebuilt)
        #expect(again.isUnchanged(since: model))
        #expect(try TFLiteWriter.bytes(of: again, options: .rebuilding) == bytes)
    }

    @Test func unchangedModelIsItsFile() throws {
        let bytes = try RareFile.bytes()
        let model = try TFLiteReader.read(MappedFile(copying: bytes, named: "rare"))
        #expect(try TFLiteWriter.bytes(of: model) == bytes)
    }

    @Test func rareFileIsTheSameAndNotLarger() throws {
        let file = try RareFile.file()
        let model = try TFLiteReader.read(file)
        let bytes = try TFLiteWriter.bytes(of: model, options: .rebuilding)
        #expect(FileComparison.differences(file, MappedFile(copying: bytes, named: "rebuilt")) == [])
        #expect(bytes.count < file.bytes.count)
        #expect(bytes.suffix(RareFile.archive.count) == RareFile.archive[...])
    }

    /// Models above 2 GB hold weights behind the reach of references; a smaller limit stands for that.
    @Test(arguments: [500, 2_000, 10_000]) func weightsBeyondReachStandBehindTheTables(_ room: Int) throws {
        let file = try RareFile.file()
        var model = try TFLiteReader.read(file)
        let far = try #require(model.main.valueIDs.first { model.main[$0].name == "far" })
        model.main[far].shape = [4096]
        model.main[far].constant = TensorData((0..<4096).map { Float($0) })
        let whole = try TFLiteWriter.bytes(of: model, options: .rebuilding)
        let options = WritingOptions(copiesUnchanged: false, structureLimit: whole.count - 16384 + room)
        let bytes = try TFLiteWriter.bytes(of: model, options: options)
        let split = MappedFile(copying: bytes, named: "split")
        #expect(FileComparison.differences(MappedFile(copying: whole, named: "whole"), split) == [])
        let source = try #require(try TFLiteReader.read(split).source as? TFLiteSource)
        #expect(source.extent < 8192)
        #expect(try TFLiteReader.read(split).main[far].constant == model.main[far].constant)
    }

    @Test func structureBeyondReachIsRefused() throws {
        let model = try TFLiteReader.read(RareFile.file())
        let error = #expect(throws: TFLiteError.self) {
            try TFLiteWriter.bytes(of: model, options: WritingOptions(copiesUnchanged: false, structureLimit: 100))
        }
        #expect(error?.code == .cannotWrite)
    }
}
