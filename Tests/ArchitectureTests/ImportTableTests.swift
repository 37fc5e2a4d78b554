import Foundation
import Testing

/// SwiftPM accepts imports that a target does not declare as long as another target pulls them in, so the manifest
/// alone does not hold the line between layers.
@Suite("Targets import only what stands below them")
struct ImportTableTests {
    @Test("Every import of every source file is in the table")
    func imports() throws {
        let files = try SourceTree.files(below: "Sources", extensions: ["swift"])
        #expect(files.count > 20)
        #expect(files.flatMap { Self.violations(in: $0, against: .current) } == [])
    }

    @Test("Every folder of Swift sources is a target of the table")
    func folders() throws {
        let folders = Set(try SourceTree.files(below: "Sources", extensions: ["swift"]).map(\.target))
        #expect(folders == Set(Architecture.current.targets.map(\.name)))
    }

    @Test("The table has no cycle: a target stands above all that it imports")
    func order() {
        let names = Architecture.current.targets.map(\.name)
        for (index, target) in Architecture.current.targets.enumerated() {
            #expect(target.modules.isDisjoint(with: names[...index]), "\(target.name)")
        }
    }

    @Test("Package.swift declares exactly the table's dependencies")
    func manifest() throws {
        let declared = Self.dependencies(inManifest: try SourceTree.text(of: "Package.swift"))
        for target in Architecture.current.targets {
            #expect(declared[target.name] == target.modules.union(target.products), "\(target.name)")
        }
    }

    @Test("The table of Sources/README.md is this table")
    func readme() throws {
        let shown = Self.rows(inReadme: try SourceTree.text(of: "Sources/README.md"))
        #expect(Set(shown.keys) == Set(Architecture.current.targets.map(\.name)))
        for target in Architecture.current.targets {
            #expect(shown[target.name]?.imports == target.modules.union(target.products), "\(target.name)")
            #expect(shown[target.name]?.system == target.system, "\(target.name)")
        }
    }

    static func violations(in file: SourceTree.File, against architecture: Architecture) -> [String] {
        guard let target = architecture[file.target] else {
            return ["\(file.path): \(file.target) is not in the table"]
        }
        let allowed = target.modules.union(target.products).union(target.system)
        return SwiftCode(file.text).imports.compactMap { found in
            if found.isTestable { return "\(file.path):\(found.line): @testable import \(found.module)" }
            return allowed.contains(found.module)
                ? nil : "\(file.path):\(found.line): \(target.name) may not import \(found.module)"
        }
    }

    /// Target names and the names of their dependencies, products of other packages among them.
    static func dependencies(inManifest text: String) -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        let declaration =
            /\.(?:executableTarget|target)\(\s*name:\s*"(?<name>\w+)"(?:,\s*dependencies:\s*\[(?<list>[^\]]*)\])?/
        for match in text.matches(of: declaration) {
            let list = (match.list ?? "").replacing(/package:\s*"[^"]*"/, with: "")
            found[String(match.name)] = Set(list.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        return found
    }

    /// The rows `| target | what it is | may import | system modules |`.
    static func rows(inReadme text: String) -> [String: (imports: Set<String>, system: Set<String>)] {
        func names(_ cell: Substring) -> Set<String> { Set(cell.matches(of: /`(\w+)`/).map { String($0.1) }) }
        var found: [String: (imports: Set<String>, system: Set<String>)] = [:]
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("| target |") { isInside = true }
            guard line.hasPrefix("|") else {
                isInside = false
                continue
            }
            let cells = line.split(separator: "|").map { $0 }
            guard isInside, cells.count == 4, let name = names(cells[0]).first else { continue }
            // C targets import nothing of ours and hold no Swift.
            if name.hasPrefix("C"), name.dropFirst().first?.isUppercase == true { continue }
            let system = names(cells[3])
            found[name] = (
                names(cells[2]),
                system.contains("libc") ? system.subtracting(["libc"]).union(Architecture.platform) : system
            )
        }
        return found
    }
}

@Suite("The import checks can fail")
struct ImportCheckTests {
    private func violations(_ text: String, path: String = "Sources/ModelGraph/X.swift") -> [String] {
        ImportTableTests.violations(in: SourceTree.File(path: path, text: text), against: .current)
    }

    @Test("An import of a layer above is a violation, wherever it stands")
    func upward() {
        #expect(violations("import Operators") == ["Sources/ModelGraph/X.swift:1: ModelGraph may not import Operators"])
        #expect(violations("#if DEBUG\nprivate import struct Runtime.Plan\n#endif").count == 1)
        #expect(violations("import Foundation").count == 1)
        #expect(violations("import Glibc").isEmpty)
    }

    @Test("A source file may not use @testable, even of what it may import")
    func testable() {
        #expect(violations("@testable import ModelGraph", path: "Sources/Operators/X.swift").count == 1)
    }

    @Test("A folder that the table does not know is a violation")
    func unknownTarget() {
        #expect(violations("", path: "Sources/Extras/X.swift").count == 1)
    }

    @Test("Dependencies are read from a manifest, products and targets without any")
    func manifest() {
        let text = """
            .target(name: "A"),
            .executableTarget(
                name: "b", dependencies: ["A", .product(name: "P", package: "some-package")], swiftSettings: swift),
            .testTarget(name: "ATests", dependencies: ["A"]),
            """
        #expect(ImportTableTests.dependencies(inManifest: text) == ["A": [], "b": ["A", "P"]])
    }

    @Test("Rows are read from a table")
    func readme() {
        let text = """
            | target | what it is | may import | system modules |
            |---|---|---|---|
            | `A` | uses `C` | `B`, `D` | `libc`, `Dispatch` |
            | `B` | plain | – | – |
            | `CPNG` | a library | libpng | – |

            | other | `E` |
            """
        let rows = ImportTableTests.rows(inReadme: text)
        #expect(Set(rows.keys) == ["A", "B"])
        #expect(rows["A"]?.imports == ["B", "D"])
        #expect(rows["A"]?.system == Architecture.platform.union(["Dispatch"]))
        #expect(rows["B"]?.imports == [])
    }
}
