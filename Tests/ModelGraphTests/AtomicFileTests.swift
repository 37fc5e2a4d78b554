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

    /// More parts than go into one call, empty ones among them, behind what was kept to be written with others.
    @Test func manyPartsStandOneBehindTheOther() throws {
        let parts = (0..<1500).map { TensorData(bytes: Array(repeating: UInt8($0 % 251), count: $0 % 3)) }
        let file = try file("a", "begin")
        for start in stride(from: 0, to: parts.count, by: 50) {
            try TensorData.withUnsafeBytes(of: parts[start..<start + 50]) {
                try file.write(Array(repeating: $0, count: 20).flatMap(\.self))
            }
        }
        try TensorData(bytes: Array("end".utf8)).withUnsafeBytes { try file.write($0) }
        try file.commit()
        let groups = stride(from: 0, to: parts.count, by: 50).flatMap { start in
            Array(repeating: parts[start..<start + 50].flatMap { $0.elements(as: UInt8.self) }, count: 20).flatMap(
                \.self)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path("a"))) == Data("begin".utf8) + groups + Data("end".utf8))
    }

    @Test func partsMayBeLargerThanOneCallTakes() throws {
        let large = TensorData(bytes: Array(repeating: 7, count: (1 << 24) + 5))
        let file = try AtomicFile(path("a"), replaces: true)
        try large.withUnsafeBytes { try file.write([$0, UnsafeRawBufferPointer(rebasing: $0.prefix(3))]) }
        try file.commit()
        #expect(try FileManager.default.attributesOfItem(atPath: path("a"))[.size] as? Int == (1 << 24) + 8)
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
