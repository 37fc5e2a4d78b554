import Foundation

/// The files of this package, found from where this file was compiled.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File: Sendable {
        /// From the package's root, such as `Sources/ModelGraph/Graph.swift`.
        let path: String
        let text: String

        /// The folder below `Sources`, which is the target's name.
        var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }
        var name: String { String(path.split(separator: "/").last ?? "") }
        var lineCount: Int {
            text.utf8.reduce(text.isEmpty || text.utf8.last == 0x0A ? 0 : 1) { $0 + ($1 == 0x0A ? 1 : 0) }
        }
    }

    /// The files below a folder whose names end in one of `extensions`, ordered by path.
    static func files(below folder: String, extensions: Set<String>) throws -> [File] {
        let start = root.appendingPathComponent(folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: start.path)
        return try names.filter { extensions.contains(($0 as NSString).pathExtension) }.sorted().map {
            File(path: "\(folder)/\($0)", text: try text(of: "\(folder)/\($0)"))
        }
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}
