extension TerminalReport {
    /// One line for each model, then the totals.
    package func text(_ report: FolderReport) -> String {
        let accuracy = report.models.contains { $0.accuracyBefore != nil || $0.accuracyAfter != nil }
        let fixed = 9 + 2 * 12 + 11 + (accuracy ? 20 : 0)
        let longest = report.models.map { DisplayText.width(DisplayText.oneLine($0.path)) }.max() ?? 5
        let name = max(12, min(longest, width - fixed - 2))
        func right(_ text: String, _ columns: Int) -> String { DisplayText.padded(text, to: columns, right: true) }
        var head = "  " + DisplayText.padded("model", to: name) + "  " + DisplayText.padded("status", to: 7)
        head += right("before", 12) + right("after", 12) + right("change", 11)
        if accuracy { head += right("accuracy", 20) }
        var lines = [colored(head, .dim)]
        for model in report.models {
            var line = "  " + DisplayText.padded(DisplayText.shortened(model.path, to: name), to: name) + "  "
            line += colored(DisplayText.padded(model.status.rawValue, to: 7), Self.color(model.status))
            if model.bytesBefore != nil || model.bytesAfter != nil {
                line += right(Figures.bytes(model.bytesBefore), 12) + right(Figures.bytes(model.bytesAfter), 12)
                line += right(Figures.change(model.bytesBefore, model.bytesAfter), 11)
            }
            if accuracy, model.accuracyBefore != nil || model.accuracyAfter != nil {
                let figures = [model.accuracyBefore, model.accuracyAfter].map { Figures.share($0, digits: 2) }
                line += right(figures.joined(separator: " → "), 20)
            }
            lines.append(trimmed(line))
            if let message = model.message, !message.isEmpty {
                for part in DisplayText.wrapped(message, to: width - 4).prefix(3) {
                    lines.append("    " + colored(part, model.status == .done ? .dim : Self.color(model.status)))
                }
            }
        }
        lines += ["", "  " + colored(Self.totals(report), .bold)]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func color(_ status: FolderReport.Status) -> Color {
        switch status {
        case .done: .green
        case .gate, .skipped: .yellow
        case .failed: .red
        }
    }

    /// `5 models: 4 done, 1 failed; 2.1 MB → 640.0 kB (-69.5 %) in 12.3 s`
    static func totals(_ report: FolderReport) -> String {
        let totals = report.totals
        let counts = [
            (totals.done, "done"), (totals.gate, "missed a gate"), (totals.failed, "failed"),
            (totals.skipped, "skipped"),
        ]
        var text = "\(totals.models) model\(totals.models == 1 ? "" : "s")"
        let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if !parts.isEmpty { text += ": " + parts.joined(separator: ", ") }
        if totals.bytesBefore > 0 {
            text += "; \(Figures.bytes(totals.bytesBefore)) → \(Figures.bytes(totals.bytesAfter))"
            text += " (\(Figures.change(totals.bytesBefore, totals.bytesAfter)))"
        }
        return text + " in " + Figures.seconds(report.seconds)
    }
}
