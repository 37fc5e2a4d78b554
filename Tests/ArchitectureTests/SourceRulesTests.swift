import Foundation
import Testing

@Suite("Rules for source files")
struct SourceRulesTests {
    static let lineLimit = 500

    /// Files that may be longer than `lineLimit`, and why each is one file.
    static let longFiles: [String: String] = [
        "Sources/COnnx/schema/onnx.pb-c.c": "made by protoc-c (Scripts/make-onnx-schema)",
        "Sources/COnnx/schema/onnx.pb-c.h": "made by protoc-c (Scripts/make-onnx-schema)",
    ]

    @Test("No file is longer than its limit without a reason")
    func length() throws {
        let files = try SourceTree.files(below: "Sources", extensions: ["swift", "c", "cpp", "h"])
        #expect(files.filter { Self.isTooLong($0) }.map { "\($0.path): \($0.lineCount) lines" } == [])
        let long = Set(files.filter { $0.lineCount > Self.lineLimit }.map(\.path))
        #expect(Set(Self.longFiles.keys).subtracting(long) == [], "a reason for a file that is not long")
    }

    @Test("Nothing in Sources traps on purpose or is left open")
    func traps() throws {
        let files = try SourceTree.files(below: "Sources", extensions: ["swift", "c", "cpp", "h"])
        #expect(files.flatMap(Self.openEnds) == [])
    }

    @Test("Files are named after what they hold")
    func names() throws {
        let files = try SourceTree.files(below: "Sources", extensions: ["swift"])
        #expect(files.compactMap(Self.misnaming) == [])
    }

    static func isTooLong(_ file: SourceTree.File) -> Bool {
        file.lineCount > lineLimit && longFiles[file.path] == nil
    }

    /// Calls that end the process, and marks of unfinished work.
    static func openEnds(in file: SourceTree.File) -> [String] {
        var found: [String] = []
        if file.name.hasSuffix(".swift") {
            let code = SwiftCode(file.text)
            for text in ["fatalError(", "try!", "as!"] {
                found += code.lines(holding: text).map { "\(file.path):\($0): \(text)" }
            }
        }
        for mark in ["TODO", "FIXME", "XXX"] where file.text.contains(mark) { found.append("\(file.path): \(mark)") }
        return found
    }

    /// Why a file's name does not fit; nil if it does.
    ///
    /// `Type.swift` or `Type+Topic.swift`; the latter extends the type. `main.swift` where a program starts.
    static func misnaming(of file: SourceTree.File) -> String? {
        if file.name == "main.swift" { return nil }
        guard let match = file.name.wholeMatch(of: /(?<type>[A-Z][A-Za-z0-9]*)(?<topic>\+[A-Z][A-Za-z0-9]*)?\.swift/)
        else {
            return "\(file.path): not named Type.swift or Type+Topic.swift"
        }
        // A common subexpression is a term of its own.
        let type = match.type.replacing("CommonSubexpression", with: "")
        for word in ["Util", "Helper", "Common", "Misc"] where type.contains(word) {
            return "\(file.path): \(word) says nothing of what is in it"
        }
        if match.topic != nil, !SwiftCode(file.text).code.contains("extension \(match.type)") {
            return "\(file.path): does not extend \(match.type)"
        }
        return nil
    }
}

@Suite("The source rules can fail")
struct SourceRuleCheckTests {
    private func file(_ name: String, _ text: String) -> SourceTree.File {
        SourceTree.File(path: "Sources/ModelGraph/\(name)", text: text)
    }

    @Test("The line past the limit is one too many")
    func length() {
        #expect(!SourceRulesTests.isTooLong(file("A.swift", String(repeating: "\n", count: 500))))
        #expect(SourceRulesTests.isTooLong(file("A.swift", String(repeating: "\n", count: 500) + "x")))
    }

    @Test("Traps are found in code, marks anywhere")
    func traps() {
        #expect(SourceRulesTests.openEnds(in: file("A.swift", "let a = try! f()")).count == 1)
        #expect(SourceRulesTests.openEnds(in: file("A.swift", "default: fatalError(\"no\")")).count == 1)
        #expect(SourceRulesTests.openEnds(in: file("A.swift", "// fatalError( in a comment")).isEmpty)
        #expect(SourceRulesTests.openEnds(in: file("a.c", "/* TODO */")).count == 1)
    }

    @Test(
        "Names that do not fit",
        arguments: ["graph.swift", "Graph-Text.swift", "GraphUtils.swift", "Graph+Text.swift", "Graph+text.swift"])
    func names(name: String) {
        #expect(SourceRulesTests.misnaming(of: file(name, "extension Shape {}")) != nil)
    }

    @Test(
        "Names that fit",
        arguments: ["Graph.swift", "Graph+Text.swift", "main.swift", "EliminateCommonSubexpressions.swift"])
    func goodNames(name: String) {
        #expect(SourceRulesTests.misnaming(of: file(name, "extension Graph {}")) == nil)
    }
}
