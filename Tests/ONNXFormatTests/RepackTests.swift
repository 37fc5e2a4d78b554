import Foundation
import ModelGraph
import Testing

@testable import ONNXFormat

/// Repacks whole folders for `Scripts/check-onnx-roundtrip`, which compares the results with ONNX's own parser.
@Suite("Repacking for the round-trip check")
struct RepackTests {
    /// A file with a pair of paths in each line, with a tab between them: model and result.
    private static let list = ProcessInfo.processInfo.environment["ONNX_REPACK_LIST"]

    @Test(
        "Every model of the list is packed anew", .enabled(if: RepackTests.list != nil, "ONNX_REPACK_LIST is not set"))
    func repack() throws {
        let lines = try String(contentsOfFile: try #require(Self.list), encoding: .utf8).split(separator: "\n")
        let isFresh = ProcessInfo.processInfo.environment["ONNX_REPACK_FRESH"] != nil
        var options = ONNXWriter.Options()
        options.rebuilds = true
        for line in lines {
            let paths = line.split(separator: "\t").map(String.init)
            do {
                defer { Self.reportMemory(paths[0]) }
                var model = try Locations.read(paths[0])
                if isFresh { try model.forgetSourcesOfOperators() }
                try ONNXWriter.write(model, to: paths[1], replacing: true, options: options)
            } catch {
                Issue.record("\(paths[0]): \(error)")
            }
        }
    }

    /// Prints the peak of the process's own memory so far, and of all of it with mapped files, where the system tells.
    private static func reportMemory(_ path: String) {
        guard let environment = ProcessInfo.processInfo.environment["ONNX_REPACK_MEMORY"], !environment.isEmpty,
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        else { return }
        let lines = status.split(separator: "\n").filter { $0.hasPrefix("VmHWM") || $0.hasPrefix("Rss") }
        print("memory after", path, lines.joined(separator: " "))
    }
}

extension Model {
    /// Lets all operators that have a struct be written from it, and not from what they were read from.
    mutating func forgetSourcesOfOperators() throws {
        var patch = GraphPatch("forget where operators come from", for: main)
        for id in main.order where !(main[id].operation is OpaqueOperation) {
            var node = main[id]
            node.source = nil
            patch.updateNode(id, node)
        }
        main = try main.applying(patch)
    }
}
