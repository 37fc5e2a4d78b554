/// Lines of cells in columns, as wide as their content; one column gives way where a line would be too long.
struct TextTable {
    struct Column {
        var title: String
        /// Numbers are aligned at the right.
        var isNumber = false
        /// Whether its text is shortened if a line is too long.
        var isFlexible = false
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// - Parameter cells: one for each column; missing ones are empty.
    mutating func add(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? DisplayText.oneLine(cells[$0]) : "" })
    }

    private static let leastFlexible = 8

    /// The title's line and one for each row. Columns without content are left out.
    func lines(width: Int) -> [String] {
        let shown = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        var widths: [Int: Int] = [:]
        for column in shown {
            widths[column] = max(
                DisplayText.width(columns[column].title), rows.map { DisplayText.width($0[column]) }.max() ?? 0)
        }
        var excess = 2 + shown.reduce(0) { $0 + (widths[$1] ?? 0) } + 2 * max(0, shown.count - 1) - width
        for column in shown where columns[column].isFlexible && excess > 0 {
            let own = widths[column] ?? 0
            let less = min(excess, max(0, own - max(Self.leastFlexible, DisplayText.width(columns[column].title))))
            widths[column] = own - less
            excess -= less
        }
        func line(_ cells: [String]) -> String {
            var line = "  "
            for (position, column) in shown.enumerated() {
                let room = widths[column] ?? 0
                let text = DisplayText.shortened(cells[column], to: room)
                let isLast = position == shown.count - 1
                line +=
                    isLast && !columns[column].isNumber
                    ? text : DisplayText.padded(text, to: room, right: columns[column].isNumber)
                if !isLast { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        return [line(columns.map(\.title))] + rows.map(line)
    }
}
