/// Reports as people see them first: a few aligned lines, what matters on top.
package struct TerminalReport {
    /// The most columns that a line takes.
    package var width: Int
    /// Whether ANSI colors are used; only where the text goes to a terminal.
    package var usesColor: Bool

    /// The most columns that a line of a table of layers takes.
    var tableWidth: Int

    package init(width: Int = 88, usesColor: Bool = false) {
        self.width = max(60, min(width, 100))
        tableWidth = max(60, min(width, 160))
        self.usesColor = usesColor
    }

    enum Color: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func colored(_ text: String, _ color: Color?) -> String {
        guard usesColor, let color, !text.isEmpty else { return text }
        return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    }

    package func text(_ report: Report) -> String {
        var lines = header(report)
        lines += figures(report)
        lines += passes(report)
        lines += remarks(report)
        return lines.joined(separator: "\n") + "\n"
    }

    private func header(_ report: Report) -> [String] {
        guard let output = report.output else {
            return [colored(DisplayText.shortened(report.input.path, to: width), .bold), ""]
        }
        let input = DisplayText.oneLine(report.input.path)
        let path = DisplayText.oneLine(output.path)
        if DisplayText.width(input) + 3 + DisplayText.width(path) <= width {
            return [colored("\(input) → \(path)", .bold), ""]
        }
        return [
            colored(DisplayText.shortened(input, to: width), .bold),
            colored("→ " + DisplayText.shortened(path, to: width - 2), .bold), "",
        ]
    }

    /// One row of the table of figures.
    private struct Row {
        var label: String
        var before: String
        var after: String
        var change: String
        var color: Color?
        var remark = ""
    }

    private func figures(_ report: Report) -> [String] {
        var rows: [Row] = []
        func add(_ label: String, _ before: Int?, _ after: Int?, _ format: (Int?) -> String, remark: String = "") {
            guard before != nil || after != nil else { return }
            let color = before.flatMap { before in after.map { $0 <= before ? Color.green : .yellow } }
            rows.append(
                Row(
                    label: label, before: format(before), after: format(after),
                    change: before == after ? "" : Figures.change(before, after),
                    color: before == after ? nil : color, remark: remark))
        }
        let ratio = report.output.flatMap { output -> String? in
            guard output.bytes > 0, output.bytes < report.input.bytes else { return nil }
            return Figures.decimal(Double(report.input.bytes) / Double(output.bytes), digits: 2) + "× smaller"
        }
        add("file", report.input.bytes, report.output?.bytes, Figures.bytes, remark: ratio ?? "")
        add("file, gzip", report.input.gzipBytes, report.output?.gzipBytes, Figures.bytes)
        rows += quality(report.evaluation)
        add("constants", report.before.constantBytes, report.after?.constantBytes, Figures.bytes)
        add("arena", report.before.arenaBytes, report.after?.arenaBytes, Figures.bytes)
        add("multiply-adds", report.before.multiplyAdds, report.after?.multiplyAdds, Figures.amount)
        add("operators", report.before.operatorCount, report.after?.operatorCount, Figures.amount)
        if report.before.sparsity != nil || report.after?.sparsity != nil {
            rows.append(
                Row(
                    label: "zero weights", before: Figures.share(report.before.sparsity),
                    after: Figures.share(report.after?.sparsity), change: ""))
        }
        return table(rows)
    }

    /// How much accuracy a change of precision may cost before it is worth a second look, in points.
    private static let notableDrop = 1.0

    private func quality(_ evaluation: Report.Evaluation?) -> [Row] {
        guard let evaluation else { return [] }
        var rows: [Row] = []
        if let before = evaluation.accuracyBefore {
            let drop = evaluation.drop
            rows.append(
                Row(
                    label: "accuracy", before: Figures.share(before.top1, digits: 2),
                    after: Figures.share(evaluation.accuracyAfter?.top1, digits: 2),
                    change: drop.map { Figures.signed(-$0, digits: 2) + " pt" } ?? "",
                    color: drop.map { $0 > Self.notableDrop ? .red : $0 > 0 ? .yellow : .green },
                    remark: evaluation.accuracyAfter.map {
                        "\(Figures.count(before.correct)) → \(Figures.count($0.correct)) correct"
                    } ?? ""))
        }
        if let agreement = evaluation.agreement {
            rows.append(
                Row(
                    label: "agreement", before: "", after: Figures.share(agreement, digits: 2), change: "",
                    remark: "same class"))
        }
        for output in evaluation.outputs.prefix(4) {
            let name = evaluation.outputs.count > 1 ? DisplayText.shortened(output.name, to: 24) : ""
            var remark = name
            if output.nonFinite > 0 {
                remark += (remark.isEmpty ? "" : ", ") + "\(Figures.count(output.nonFinite)) values not finite"
            }
            rows.append(
                Row(
                    label: "output SNR", before: "",
                    after: output.isIdentical ? "identical" : Figures.decimal(output.snr, digits: 1) + " dB",
                    change: "", remark: remark))
        }
        return rows
    }

    private func table(_ rows: [Row]) -> [String] {
        let label = rows.map { DisplayText.width($0.label) }.max() ?? 0
        func column(_ title: String, _ values: [String]) -> Int {
            max(DisplayText.width(title), values.map(DisplayText.width).max() ?? 0)
        }
        let before = column("before", rows.map(\.before))
        let after = column("after", rows.map(\.after))
        let change = column("", rows.map(\.change))
        func pad(_ text: String, _ columns: Int) -> String { DisplayText.padded(text, to: columns, right: true) }
        var lines = [
            colored(
                "  " + DisplayText.padded("", to: label) + "   " + pad("before", before) + "   " + pad("after", after),
                .dim)
        ]
        for row in rows {
            var line = "  " + colored(DisplayText.padded(row.label, to: label), .dim) + "   " + pad(row.before, before)
            line += "   " + colored(pad(row.after, after), .bold)
            if !row.change.isEmpty || !row.remark.isEmpty {
                line += "   " + colored(pad(row.change, change), row.color)
            }
            let room = width - label - before - after - change - 14
            if !row.remark.isEmpty, room > 1 {
                line += "   " + colored(DisplayText.shortened(row.remark, to: room), .dim)
            }
            lines.append(trimmed(line))
        }
        return lines
    }

    private func passes(_ report: Report) -> [String] {
        guard !report.passes.isEmpty else { return [] }
        let name = report.passes.map { DisplayText.width($0.name) }.max() ?? 0
        let times = report.passes.map { Figures.seconds($0.seconds) }
        let time = times.map(DisplayText.width).max() ?? 0
        var lines = [""]
        for (pass, seconds) in zip(report.passes, times) {
            let columns = width - name - time - 8
            lines.append(
                "  " + DisplayText.padded(DisplayText.oneLine(pass.name), to: name) + "   "
                    + DisplayText.padded(DisplayText.shortened(Self.summary(pass), to: columns), to: columns) + "   "
                    + colored(DisplayText.padded(seconds, to: time, right: true), .dim))
            for note in pass.notes.prefix(3) {
                lines += bulleted(note, indent: name + 5, mark: "·", color: .dim)
            }
            if pass.notes.count > 3 {
                lines.append(
                    String(repeating: " ", count: name + 5)
                        + colored("· and \(pass.notes.count - 3) more remarks in the report", .dim))
            }
        }
        return lines
    }

    /// What a pass did, in half a line.
    static func summary(_ pass: Report.Pass) -> String {
        guard !pass.patches.isEmpty || !pass.layers.isEmpty else { return "nothing to do" }
        var parts: [String] = []
        if !pass.layers.isEmpty {
            parts.append("\(Figures.count(pass.layers.count)) layer\(pass.layers.count == 1 ? "" : "s")")
        }
        if pass.constantBytesBefore != pass.constantBytesAfter {
            parts.append(
                "constants \(Figures.bytes(pass.constantBytesBefore)) → \(Figures.bytes(pass.constantBytesAfter))")
        } else if pass.layers.isEmpty {
            parts.append("\(Figures.count(pass.patches.count)) change\(pass.patches.count == 1 ? "" : "s")")
        }
        if let sparsity = zeroShare(pass.layers), sparsity >= 0.01 { parts.append(Figures.share(sparsity) + " zeros") }
        return parts.joined(separator: ", ")
    }

    /// The share of zeros among all weights of the layers that know theirs, by bytes.
    private static func zeroShare(_ layers: [Report.Layer]) -> Double? {
        let known = layers.filter { $0.sparsity != nil && $0.weightBytesAfter > 0 }
        let bytes = known.reduce(0.0) { $0 + Double($1.weightBytesAfter) }
        guard bytes > 0 else { return nil }
        return known.reduce(0.0) { $0 + ($1.sparsity ?? 0) * Double($1.weightBytesAfter) } / bytes
    }

    private func remarks(_ report: Report) -> [String] {
        var lines: [String] = []
        if let calibration = report.calibration {
            lines += labeled("calibration", calibration.source)
        }
        if let evaluation = report.evaluation { lines += labeled("evaluation", evaluation.source) }
        for (reason, operators) in Self.grouped(report.floatOperators) {
            lines += labeled("left float", "\(operators): \(reason)")
        }
        for note in report.notes ?? [] { lines += labeled("left out", note) }
        if !lines.isEmpty { lines.insert("", at: 0) }
        var judgements: [String] = []
        for gate in report.gates {
            judgements += bulleted(
                "\(gate.name)  \(gate.figures)", indent: 2, mark: gate.passed ? "✓" : "✗",
                color: gate.passed ? .green : .red,
                onlyMark: gate.passed)
        }
        for warning in report.warnings { judgements += bulleted(warning, indent: 2, mark: "!", color: .yellow) }
        if !judgements.isEmpty { judgements.insert("", at: 0) }
        return lines + judgements
    }

    /// `2 Softmax, 1 CUSTOM:x` by reason, in the order of the first operator of each.
    static func grouped(_ operators: [Report.FloatOperator]) -> [(reason: String, operators: String)] {
        var reasons: [String] = []
        var counts: [String: [(name: String, count: Int)]] = [:]
        for item in operators {
            if counts[item.reason] == nil { reasons.append(item.reason) }
            var list = counts[item.reason] ?? []
            if let index = list.firstIndex(where: { $0.name == item.operation }) {
                list[index].count += 1
            } else {
                list.append((item.operation, 1))
            }
            counts[item.reason] = list
        }
        return reasons.map { reason in
            (reason, (counts[reason] ?? []).map { "\($0.count) \($0.name)" }.joined(separator: ", "))
        }
    }

    private func labeled(_ label: String, _ text: String) -> [String] {
        let wrapped = DisplayText.wrapped(text, to: width - 16).prefix(6)
        return wrapped.enumerated().map { index, line in
            "  " + colored(DisplayText.padded(index == 0 ? label : "", to: 14), .dim) + line
        }
    }

    private func bulleted(_ text: String, indent: Int, mark: String, color: Color, onlyMark: Bool = false) -> [String] {
        DisplayText.wrapped(text, to: width - indent - 2).prefix(6).enumerated().map { index, line in
            let start = String(repeating: " ", count: indent)
            let bullet = colored(index == 0 ? mark : " ", color)
            return start + bullet + " " + (onlyMark ? line : colored(line, color))
        }
    }

    func trimmed(_ line: String) -> String {
        var line = line[...]
        while line.last == " " { line = line.dropLast() }
        return String(line)
    }
}
