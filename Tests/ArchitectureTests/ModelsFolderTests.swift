import Foundation
import Testing

/// `Models/manifest.json` is written by `Scripts/make-models`, with what it made.
@Suite("The Models folder")
struct ModelsFolderTests {
    private struct Manifest: Decodable {
        struct Entry: Decodable {
            let bytes: Int
        }

        let models: [String: Entry]
        let data: [String: Entry]
    }

    @Test("Every file is in the manifest, with its size, and all are under a megabyte")
    func manifest() throws {
        let folder = SourceTree.root.appendingPathComponent("Models")
        let manifest = try JSONDecoder().decode(
            Manifest.self, from: Data(contentsOf: folder.appendingPathComponent("manifest.json")))
        let listed = manifest.models.merging(manifest.data) { first, _ in first }.mapValues(\.bytes)
        #expect(manifest.models.count >= 4)

        var found: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasPrefix("digits_") && !name.contains(".optimized.") {
            found[name] = try Data(contentsOf: folder.appendingPathComponent(name)).count
        }
        #expect(found == listed)
        #expect(found.values.reduce(0, +) < 1_000_000)
    }
}
