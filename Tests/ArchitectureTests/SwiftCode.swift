/// Swift source without what stands in comments and string literals, line by line.
struct SwiftCode {
    /// The source with comments and the contents of strings left out; line ends stay.
    let code: String

    init(_ source: String) {
        var scanner = Scanner(bytes: Array(source.utf8))
        scanner.scan()
        code = String(decoding: scanner.output, as: UTF8.self)
    }

    struct Import: Equatable {
        let module: String
        let line: Int
        let isTestable: Bool
    }

    /// Every import: with attributes or an access level, of a submodule or a single declaration, in any branch of `#if`.
    var imports: [Import] {
        let pattern =
            /^\s*(?<attributes>(?:@[A-Za-z_]\w*(?:\([^)]*\))?\s+)*)(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:typealias|struct|class|enum|protocol|actor|let|var|func)\s+)?`?(?<module>[A-Za-z_]\w*)/
        var found: [Import] = []
        for (index, line) in code.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains("import") else { continue }
            for statement in line.split(separator: ";") {
                guard let match = statement.firstMatch(of: pattern) else { continue }
                found.append(
                    Import(
                        module: String(match.module), line: index + 1,
                        isTestable: match.attributes.contains("@testable")))
            }
        }
        return found
    }

    /// The lines, from 1, that hold `text` outside comments and strings.
    func lines(holding text: String) -> [Int] {
        guard code.contains(text) else { return [] }
        return code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { $0.element.contains(text) }.map { $0.offset + 1 }
    }
}

extension SwiftCode {
    private struct Scanner {
        let bytes: [UInt8]
        var position = 0
        var output: [UInt8] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        private func starts(with text: StaticString, at offset: Int) -> Bool {
            guard offset + text.utf8CodeUnitCount <= bytes.count else { return false }
            for k in 0..<text.utf8CodeUnitCount where bytes[offset + k] != text.utf8Start[k] { return false }
            return true
        }

        mutating func scan() {
            output.reserveCapacity(bytes.count)
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "/") where starts(with: "//", at: position): skipLineComment()
                case UInt8(ascii: "/") where starts(with: "/*", at: position): skipBlockComment()
                case UInt8(ascii: "\""): skipString(hashes: 0)
                case UInt8(ascii: "#"): takeHashes()
                default:
                    output.append(bytes[position])
                    position += 1
                }
            }
        }

        private mutating func skipLineComment() {
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        }

        /// Block comments nest.
        private mutating func skipBlockComment() {
            var depth = 0
            repeat {
                if starts(with: "/*", at: position) {
                    depth += 1
                    position += 2
                } else if starts(with: "*/", at: position) {
                    depth -= 1
                    position += 2
                } else {
                    skipByte()
                }
            } while depth > 0 && position < bytes.count
        }

        private mutating func takeHashes() {
            let start = position
            while position < bytes.count, bytes[position] == UInt8(ascii: "#") { position += 1 }
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                skipString(hashes: position - start)
            } else {
                output.append(contentsOf: bytes[start..<position])
            }
        }

        private mutating func skipString(hashes: Int) {
            let isMultiline = starts(with: "\"\"\"", at: position)
            let quotes = isMultiline ? 3 : 1
            position += quotes
            while position < bytes.count {
                if bytes[position] == UInt8(ascii: "\\"), hashes == 0 {
                    position += 1
                    skipByte()
                } else if closes(quotes: quotes, hashes: hashes) {
                    position += quotes + hashes
                    break
                } else if bytes[position] == UInt8(ascii: "\n"), !isMultiline {
                    break
                } else {
                    skipByte()
                }
            }
            output.append(contentsOf: "\"\"".utf8)
        }

        private func closes(quotes: Int, hashes: Int) -> Bool {
            guard position + quotes + hashes <= bytes.count else { return false }
            return bytes[position..<position + quotes].allSatisfy { $0 == UInt8(ascii: "\"") }
                && bytes[(position + quotes)..<position + quotes + hashes].allSatisfy { $0 == UInt8(ascii: "#") }
        }

        private mutating func skipByte() {
            guard position < bytes.count else { return }
            if bytes[position] == UInt8(ascii: "\n") { output.append(bytes[position]) }
            position += 1
        }
    }
}
