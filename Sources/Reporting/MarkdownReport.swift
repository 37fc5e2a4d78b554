/// Reports as Markdown with GitHub's tables.
package enum MarkdownReport {
    package static func text(_ report: Report) -> String {
        var page = MarkdownPage()
        page.heading(1, fileName(report.input.path))
        page.paragraph(
            escaped(report.tool.name) + " " + escaped(report.tool.version) + " · "
                + Figures.seconds(report.seconds)
                + (report.command.isEmpty ? "" : " · " + code(report.command.joined(separator: " "))))
        for gate in report.gates {
            page.item(
                "**\(escaped(gate.name)) \(gate.passed ? "passed" : "failed")**: " + escaped(gate.figures))
        }
        for warning in report.warnings { page.item("⚠ " + escaped(warning)) }
        for note in report.notes ?? [] { page.item(escaped(note)) }
        totals(report, &page)
        evaluation(report, &page)
        for pass in report.passes { self.pass(pass, &page) }
        if !report.floatOperators.isEmpty {
            page.heading(2, "Operators left float")
            page.table(
                ["operator", "kind", "reason"],
                report.floatOperators.map { [escaped($0.name), escaped($0.operation), escaped($0.reason)] })
        }
        operators(report, &page)
        settings(report, &page)
        return page.text
    }

    private static func totals(_ report: Report, _ page: inout MarkdownPage) {
        page.heading(2, "Size")
        var rows: [[String]] = []
        func add(_ label: String, _ before: Int?, _ after: Int?) {
            guard before != nil || after != nil else { return }
            func count(_ value: Int?) -> String { value.map(Figures.count) ?? "—" }
            rows.append([label, count(before), count(after), Figures.change(before, after)])
        }
        add("file, bytes", report.input.bytes, report.output?.bytes)
        add("file after gzip, bytes", report.input.gzipBytes, report.output?.gzipBytes)
        add("constants, bytes", report.before.constantBytes, report.after?.constantBytes)
        add("parameters", report.before.parameters, report.after?.parameters)
        add("arena, bytes", report.before.arenaBytes, report.after?.arenaBytes)
        add("multiply-adds", report.before.multiplyAdds, report.after?.multiplyAdds)
        add("operators", report.before.operatorCount, report.after?.operatorCount)
        rows.append([
            "zero weights", Figures.share(report.before.sparsity, digits: 2),
            Figures.share(report.after?.sparsity, digits: 2), "",
        ])
        page.table(["", "before", "after", "change"], rows, right: [1, 2, 3])
    }

    private static func evaluation(_ report: Report, _ page: inout MarkdownPage) {
        if let calibration = report.calibration {
            page.heading(2, "Calibration")
            page.paragraph(
                escaped(calibration.source) + " (\(Figures.count(calibration.samples)) used"
                    + (calibration.isSynthetic ? ", made up)" : ")"))
        }
        guard let evaluation = report.evaluation else { return }
        page.heading(2, "Evaluation")
        page.paragraph(escaped(evaluation.source))
        if let before = evaluation.accuracyBefore {
            let after = evaluation.accuracyAfter
            page.table(
                ["", "before", "after", "change"],
                [
                    [
                        "top-1", Figures.share(before.top1, digits: 2), Figures.share(after?.top1, digits: 2),
                        evaluation.drop.map { Figures.signed(-$0, digits: 2) + " points" } ?? "",
                    ],
                    [
                        "correct", "\(Figures.count(before.correct)) of \(Figures.count(before.count))",
                        after.map { "\(Figures.count($0.correct)) of \(Figures.count($0.count))" } ?? "—", "",
                    ],
                ], right: [1, 2, 3])
        }
        if let agreement = evaluation.agreement {
            page.paragraph("Both models name the same class for \(Figures.share(agreement, digits: 2)) of the samples.")
        }
        guard !evaluation.outputs.isEmpty else { return }
        if let count = evaluation.comparedSamples {
            page.paragraph("The outputs were compared on the first \(Figures.count(count)) samples:")
        }
        page.table(
            ["output", "agreement", "SNR, dB", "cosine", "largest difference", "not finite"],
            evaluation.outputs.map { output in
                [
                    escaped(output.name), Figures.share(output.agreement, digits: 2),
                    output.isIdentical ? "identical" : Figures.decimal(output.snr, digits: 2),
                    Figures.decimal(output.cosine, digits: 6), Figures.significant(output.largestDifference),
                    Figures.count(output.nonFinite),
                ]
            }, right: [1, 2, 3, 4, 5])
    }

    private static func pass(_ pass: Report.Pass, _ page: inout MarkdownPage) {
        page.heading(2, escaped(pass.name))
        page.paragraph("\(escaped(TerminalReport.summary(pass))) · \(Figures.seconds(pass.seconds))")
        if let before = pass.constantGzipBytesBefore, let after = pass.constantGzipBytesAfter {
            page.paragraph(
                "Constants after gzip: \(Figures.bytes(before)) → \(Figures.bytes(after)) \(Figures.change(before, after))"
            )
        }
        for note in pass.notes { page.item(escaped(note)) }
        guard !pass.layers.isEmpty else { return }
        let showsGzip = pass.layers.contains { $0.weightGzipBytesBefore != nil || $0.weightGzipBytesAfter != nil }
        page.table(
            [
                "layer", "kind", "weights before", "after",
            ] + (showsGzip ? ["gzip before", "after"] : []) + [
                "zeros", "weight scales", "output scale, zero point", "range", "weight SNR, dB", "output SNR, dB",
            ],
            pass.layers.map { layer in
                [
                    escaped(layer.name), escaped(layer.operation), Figures.count(layer.weightBytesBefore),
                    Figures.count(layer.weightBytesAfter),
                ] + (showsGzip ? [count(layer.weightGzipBytesBefore), count(layer.weightGzipBytesAfter)] : []) + [
                    Figures.share(layer.sparsity), scales(layer.weightScales),
                    outputScale(layer.outputScales),
                    layer.rangeLow == nil && layer.rangeHigh == nil
                        ? "" : "\(Figures.significant(layer.rangeLow)) … \(Figures.significant(layer.rangeHigh))",
                    Figures.decimal(layer.weightSNR, digits: 1), Figures.decimal(layer.outputSNR, digits: 1),
                ]
            }, right: showsGzip ? [2, 3, 4, 5, 6, 10, 11] : [2, 3, 4, 8, 9])
    }

    private static func count(_ value: Int?) -> String { value.map(Figures.count) ?? "—" }

    private static func scales(_ scales: Report.Scales?) -> String {
        guard let scales else { return "" }
        guard scales.count > 1 else { return Figures.significant(scales.smallest) }
        return
            "\(Figures.count(scales.count)): \(Figures.significant(scales.smallest)) … \(Figures.significant(scales.largest))"
    }

    private static func outputScale(_ scales: Report.Scales?) -> String {
        guard let scales else { return "" }
        return self.scales(scales) + ", \(scales.lowestZeroPoint)"
    }

    private static func operators(_ report: Report, _ page: inout MarkdownPage) {
        let names = Set(report.before.operators.keys).union(report.after?.operators.keys.map { $0 } ?? []).sorted()
        guard !names.isEmpty else { return }
        page.heading(2, "Operators")
        page.table(
            ["kind", "before", "after"],
            names.map { name in
                [
                    escaped(name), Figures.count(report.before.operators[name] ?? 0),
                    report.after.map { Figures.count($0.operators[name] ?? 0) } ?? "—",
                ]
            }, right: [1, 2])
    }

    private static func settings(_ report: Report, _ page: inout MarkdownPage) {
        page.heading(2, "Run")
        var rows = report.settings.sorted { $0.key < $1.key }.map { [code($0.key), code($0.value)] }
        rows += report.stages.map { ["stage " + escaped($0.name), Figures.seconds($0.seconds)] }
        for (label, file) in [("input", report.input), ("output", report.output)].compactMap({ label, file in
            file.map { (label, $0) }
        }) {
            rows.append([label, code(file.path)])
        }
        page.table(["setting", "value"], rows)
    }

    package static func text(_ report: FolderReport) -> String {
        var page = MarkdownPage()
        page.heading(1, escaped(report.input) + " → " + escaped(report.output))
        page.paragraph(escaped(TerminalReport.totals(report)))
        page.table(
            ["model", "status", "bytes before", "after", "change", "accuracy before", "after", "seconds", "message"],
            report.models.map { model in
                [
                    escaped(model.path), model.status.rawValue, model.bytesBefore.map(Figures.count) ?? "—",
                    model.bytesAfter.map(Figures.count) ?? "—", Figures.change(model.bytesBefore, model.bytesAfter),
                    Figures.share(model.accuracyBefore, digits: 2), Figures.share(model.accuracyAfter, digits: 2),
                    Figures.decimal(model.seconds, digits: 2), escaped(model.message ?? ""),
                ]
            }, right: [2, 3, 4, 5, 6, 7])
        return page.text
    }

    private static func fileName(_ path: String) -> String {
        escaped(path.split(separator: "/").last.map(String.init) ?? path)
    }

    /// Text that means itself: no markup, no HTML, no links, one line.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in DisplayText.shortened(text, to: 400) {
            switch character {
            case "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "(", ")", "#", "!", "|", "~", "$", "@":
                result += "\\\(character)"
            case "&": result += "&amp;"
            // A word joiner in the place of nothing would be invisible; an entity is not, and no address results.
            case ":" where result.hasSuffix("http") || result.hasSuffix("https"): result += "&#58;"
            default: result.append(character)
            }
        }
        return result
    }

    /// Text in a code span, fenced by more backticks than it holds in a row. Text with a pipe stands without one, since
    /// tables are divided before code spans are seen.
    static func code(_ text: String) -> String {
        if text.contains("|") { return escaped(text) }
        let text = DisplayText.shortened(text, to: 400)
        guard !text.isEmpty else { return "" }
        var longest = 0
        var run = 0
        for character in text {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let space = longest > 0 ? " " : ""
        return fence + space + text + space + fence
    }
}
