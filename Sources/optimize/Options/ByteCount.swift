/// Sizes as people write them: `300KB`, `1.5 MiB`, `4096`.
enum ByteCount {
    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "k": 1e3, "mb": 1e6, "m": 1e6, "gb": 1e9, "g": 1e9,
        "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824,
    ]

    /// The number of bytes, a fraction of one left out; nil if the text is no size.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
        guard let number = Double(digits), let factor = units[unit] else { return nil }
        let size = number * factor
        guard size.isFinite, size < 0x1p62 else { return nil }
        return Int(size)
    }
}
