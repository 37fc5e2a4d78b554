import Foundation
import ModelGraph
import Testing

@testable import TFLiteFormat

@Suite struct RoundTripTests {
    static let rebuild = {
        var options = WritingOptions()
        options.copiesUnchanged = false
        return options
    }()

    @Test(arguments: SharedModels.all) func rebuiltFileIsNotLarger(_ path: String) throws {
        let file = try MappedFile(path: path)
        let model = try TFLiteReader.read(file)
        let bytes = try TFLiteWriter.bytes(of: model, options: Self.rebuild)
        print(
            "SIZE", URL(filePath: path).lastPathComponent, file.bytes.count, bytes.count, bytes.count - file.bytes.count
        )
        if let folder = ProcessInfo.processInfo.environment["OUT"] {
            try Data(bytes).write(to: URL(filePath: folder + "/" + URL(filePath: path).lastPathComponent))
        }
        #expect(bytes.count <= file.bytes.count)
    }
}
