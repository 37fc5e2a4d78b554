/// Numbers as reports show them to people, the same in every locale.
enum Figures {
    /// `98,496`
    static func count(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// `76.40`; an em dash for what is no finite number. Halves are rounded away from zero.
    static func decimal(_ value: Double?, digits: Int) -> String {
        guard let value, value.isFinite else { return "—" }
        let power = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        let scaled = (abs(value) * power).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let whole = Int(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return sign + count(whole) }
        let unit = Int(power)
        let fraction = String(whole % unit)
        return sign + count(whole / unit) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// `311.9 kB`, in powers of 1000.
    static func bytes(_ value: Int?) -> String {
        guard let value else { return "—" }
        guard value.magnitude >= 1000 else { return "\(value) B" }
        var size = Double(value)
        var unit = 0
        // What would round up to 1000 belongs to the next unit.
        while abs(size) >= 999.95, unit < 5 {
            size /= 1000
            unit += 1
        }
        return decimal(size, digits: 1) + " " + ["B", "kB", "MB", "GB", "TB", "PB"][unit]
    }

    /// `12.3 M`, in powers of 1000.
    static func amount(_ value: Int?) -> String {
        guard let value else { return "—" }
        guard value.magnitude >= 10_000 else { return count(value) }
        var size = Double(value)
        var unit = 0
        while abs(size) >= 999.95, unit < 5 {
            size /= 1000
            unit += 1
        }
        return decimal(size, digits: 1) + " " + ["", "k", "M", "G", "T", "P"][unit]
    }

    /// `50.0 %`
    static func share(_ value: Double?, digits: Int = 1) -> String {
        guard let value, value.isFinite else { return "—" }
        return decimal(100 * value, digits: digits) + " %"
    }

    /// `-69.1 %`, how much `after` is more than `before`; empty where nothing can be said.
    static func change(_ before: Int?, _ after: Int?) -> String {
        guard let before, let after, before > 0 else { return "" }
        let change = 100 * (Double(after) / Double(before) - 1)
        return signed(change, digits: 1) + " %"
    }

    static func signed(_ value: Double, digits: Int) -> String {
        let text = decimal(value, digits: digits)
        return value > 0 && text.contains(where: { "123456789".contains($0) }) ? "+" + text : text
    }

    /// `0.02 s`, `1 min 05 s`
    static func seconds(_ value: Double) -> String {
        guard value.isFinite, value >= 0 else { return "—" }
        if value < 100 { return decimal(value, digits: 2) + " s" }
        guard value < 1e9 else { return "—" }
        let whole = Int(value.rounded())
        let rest = whole % 60
        return "\(count(whole / 60)) min \(rest < 10 ? "0" : "")\(rest) s"
    }

    /// Three or four digits that count, for scales and ranges: `0.00392`, `6.00`, `1.2e-09`.
    static func significant(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "—" }
        if value == 0 { return "0" }
        let magnitude = abs(value)
        if magnitude >= 1e6 || magnitude < 1e-5 {
            var mantissa = value
            var exponent = 0
            while abs(mantissa) >= 9.995 {
                mantissa /= 10
                exponent += 1
            }
            while abs(mantissa) < 0.9995 {
                mantissa *= 10
                exponent -= 1
            }
            return decimal(mantissa, digits: 2) + "e\(exponent)"
        }
        var digits = 2
        var threshold = 1.0
        while magnitude < threshold {
            threshold /= 10
            digits += 1
        }
        return decimal(value, digits: magnitude >= 100 ? 1 : digits)
    }
}
