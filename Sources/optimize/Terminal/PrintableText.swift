/// Messages hold file names and other text from outside, which must not act on the terminal.
enum PrintableText {
    /// The text on one line, with control characters, and those that hide or reorder others, written as escapes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                switch scalar {
                case "\n": result += "\\n"
                case "\r": result += "\\r"
                case "\t": result += "\\t"
                default:
                    let digits = String(scalar.value, radix: 16)
                    let padded = String(repeating: "0", count: max(0, 2 - digits.count)) + digits
                    result += scalar.value < 0x100 ? "\\x" + padded : "\\u{\(digits)}"
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
