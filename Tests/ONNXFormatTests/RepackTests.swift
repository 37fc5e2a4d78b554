import Foundation
import ModelGraph
import Testing

@testable import ONNXFormat

/// Repacks whole folders for `Scripts/check-onnx-roundtrip`, which compares the results with ONNX's own parser.
@Suite("Repacking for the round-trip check")
struct RepackTests {
    /// A file with a pair of paths in each line, with a tab between them: model and result.
    private static let list = ProcessInfo.processInfo.environment["ONNX_REPACK_LIST"]

    @Test("Every model of the list is packed anew", .enabled(if: RepackTests.list != nil, "ONNX_REPACK_LIST is not set"))
    func repack() throws {
        let lines = try String(contentsOfFile: try #require(Self.list), encoding: .utf8).split(separator: "\n")
        var options = ONNXWriter.Options()
        options.rebuilds = true
        for line in lines {
            let paths = line.split(separator: "\t").map(String.init)
            do {
                let model = try Locations.read(paths[0])
                try ONNXWriter.write(model, to: paths[1], replacing: true, options: options)
            } catch {
                Issue.record("\(paths[0]): \(error)")
            }
        }
    }
}
