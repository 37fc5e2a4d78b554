/// Names and messages from files and options, made fit to be shown: they may hold anything.
enum DisplayText {
    /// The text on one line without characters that a terminal acts upon or that hide or reorder others.
    static func oneLine(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t", "\u{2028}", "\u{2029}", "\u{85}": result.unicodeScalars.append(" ")
            default: result.unicodeScalars.append(isHarmful(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return result
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Control characters, and those that turn the direction of writing or have no width.
        case .control, .format, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }

    /// How many columns of a terminal the text takes.
    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
            0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text in at most `limit` columns; the middle gives way, so that a path keeps its file name.
    static func shortened(_ text: String, to limit: Int) -> String {
        let text = oneLine(text)
        guard width(text) > limit, limit > 1 else { return text }
        let back = (limit - 1) * 2 / 3
        var tail = ""
        var used = 0
        for character in text.reversed() {
            used += width(String(character))
            if used > back { break }
            tail = String(character) + tail
        }
        return prefix(of: text, columns: limit - 1 - width(tail)) + "…" + tail
    }

    private static func prefix(of text: String, columns: Int) -> String {
        var head = ""
        var used = 0
        for character in text {
            used += width(String(character))
            if used > columns { break }
            head.append(character)
        }
        return head
    }

    /// Lines of at most `limit` columns, broken at spaces where there are some; what is longer than any sentence is cut.
    static func wrapped(_ text: String, to limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in oneLine(String(text.prefix(2000))).split(separator: " ") {
            var word = String(word)
            if !line.isEmpty, width(line) + 1 + width(word) <= limit {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            while width(word) > limit {
                let head = prefix(of: word, columns: limit)
                guard !head.isEmpty else { break }
                lines.append(head)
                word = String(word.dropFirst(head.count))
            }
            line = word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    static func padded(_ text: String, to columns: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, columns - width(text)))
        return right ? padding + text : text + padding
    }
}
