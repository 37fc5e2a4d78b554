import Foundation
import ModelGraph
import Testing

@Suite("Files that are whole or not there")
final class AtomicFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "atomic-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    private func file(_ name: String, _ text: String, replaces: Bool = true) throws -> AtomicFile {
        let file = try AtomicFile(path(name), replaces: replaces)
        try TensorData(bytes: Array(text.utf8)).withUnsafeBytes { try file.write($0) }
        return file
    }

    @Test func pairsAreThereTogether() throws {
        try AtomicFile.commit(try file("m.data", "old data"), try file("m", "old model"))
        try AtomicFile.commit(try file("m.data", "data"), try file("m", "model"))
        #expect(names == ["m", "m.data"] && text("m") == "model" && text("m.data") == "data")
    }

    @Test(arguments: [true, false]) func pairsAreLeftAsTheyWereIfOneCannotBePut(isThere: Bool) throws {
        if isThere { try "old data".write(toFile: path("m.data"), atomically: true, encoding: .utf8) }
        let pair = (try file("m.data", "data", replaces: isThere), try file("m", "model"))
        // Nothing can be renamed to a folder that holds something.
        try FileManager.default.createDirectory(atPath: path("m/x"), withIntermediateDirectories: true)
        let error = #expect(throws: FileError.self) { try AtomicFile.commit(pair.0, pair.1) }
        #expect(error?.path == path("m"))
        #expect(text("m.data") == (isThere ? "old data" : nil))
    }

    @Test func nothingIsLeftOfWhatIsNotCommitted() throws {
        do {
            let half = try file("a", "half")
            #expect(FileManager.default.fileExists(atPath: half.temporaryPath) && names.count == 1)
        }
        #expect(names == [])
    }

    @Test func errorsNameTheTarget() throws {
        try "keep".write(toFile: path("a"), atomically: true, encoding: .utf8)
        let error = #expect(throws: FileError.self) { try AtomicFile(path("a"), replaces: false, name: "shown") }
        #expect(error?.path == "shown" && error?.remedy != nil && text("a") == "keep")
    }

    /// A file that appears while another is written.
    @Test func whatAppearsMeanwhileIsKept() throws {
        let ours = try file("a", "ours", replaces: false)
        try "theirs".write(toFile: path("a"), atomically: true, encoding: .utf8)
        #expect(throws: FileError.self) { try ours.commit() }
        #expect(text("a") == "theirs")
    }

    @Test func readingGoesOnBehindWhatWasReleased() throws {
        let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Data(bytes).write(to: folder.appending(path: "a"))
        let data = TensorData(mapped: try MappedFile(path: path("a")), range: 5..<bytes.count)
        #expect(data.elements(as: UInt8.self).elementsEqual(bytes.dropFirst(5)))
        data.release()
        data.release(1000..<900_000)
        #expect(data.elements(as: UInt8.self).elementsEqual(bytes.dropFirst(5)))
    }
}
