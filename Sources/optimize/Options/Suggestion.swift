/// The name that was probably meant.
enum Suggestion {
    /// The candidate nearest to `word`; nil if none is near.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        // A name cut short is the likeliest mistake of all, if only one can be meant.
        let completions = candidates.filter { $0.hasPrefix(word) }
        if word.count > 1, completions.count == 1 { return completions[0] }
        let ranked = candidates.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        guard let (name, distance) = ranked, distance <= max(1, min(3, name.count / 3)) else { return nil }
        return name
    }

    /// How many insertions, removals, replacements and swaps of neighbours lie between two words.
    ///
    /// - Complexity: O(a.count · b.count). Only the start of a very long word is looked at.
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
