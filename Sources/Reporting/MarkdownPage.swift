/// A Markdown text that grows by blocks. What it is given is markup already, on one line.
struct MarkdownPage {
    private(set) var text = ""
    private var endsInList = false

    mutating func heading(_ level: Int, _ title: String) {
        block(String(repeating: "#", count: level) + " " + title)
    }

    mutating func paragraph(_ line: String) { block(line) }

    mutating func item(_ line: String) {
        if !endsInList && !text.isEmpty { text += "\n" }
        text += "- " + line + "\n"
        endsInList = true
    }

    /// - Parameter right: the columns of figures.
    mutating func table(_ head: [String], _ rows: [[String]], right: Set<Int> = []) {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = head.indices.map { right.contains($0) ? "---:" : "---" }
        block(([line(head), line(rule)] + rows.map(line)).joined(separator: "\n"))
    }

    private mutating func block(_ content: String) {
        if !text.isEmpty { text += "\n" }
        text += content + "\n"
        endsInList = false
    }
}
