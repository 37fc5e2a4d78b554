extension TerminalReport {
    /// Each layer's differences, and what they come to.
    package func text(_ divergence: Divergence) -> String {
        var lines = [side("a", divergence.first), side("b", divergence.second)]
        lines += DisplayText.wrapped("on " + divergence.source, to: width - 3).map { "   " + colored($0, .dim) } + [""]
        guard !divergence.layers.isEmpty else {
            return (lines + ["  no layers of the two have the same name, so that none could be compared"])
                .joined(separator: "\n") + "\n"
        }
        lines += table(divergence)
        lines += ["", "  " + summary(divergence)]
        if divergence.samples > 0 {
            let share = Double(divergence.agreeing) / Double(divergence.samples)
            let flips = divergence.samples - divergence.agreeing
            lines.append(
                "  the largest output stands at the same place for "
                    + colored(
                        "\(Figures.count(divergence.agreeing)) of \(Figures.count(divergence.samples)) samples",
                        flips == 0 ? .green : .yellow) + " (\(Figures.share(share)))")
        }
        if divergence.unmatched > 0 {
            lines.append(
                colored(
                    "  \(Figures.count(divergence.unmatched)) tensors have no counterpart of the same name and size",
                    .dim))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func side(_ label: String, _ side: Divergence.Side) -> String {
        let numerics = "  \(side.numerics) numerics"
        return colored(label, .dim) + "  "
            + colored(DisplayText.shortened(side.path, to: width - 3 - DisplayText.width(numerics)), .bold)
            + colored(numerics, .dim)
    }

    private func table(_ divergence: Divergence) -> [String] {
        var table = TextTable([
            .init(title: "layer", isFlexible: true), .init(title: "operator"), .init(title: "type"),
            .init(title: "values", isNumber: true), .init(title: "differ", isNumber: true),
            .init(title: "steps", isNumber: true), .init(title: "largest", isNumber: true),
            .init(title: "SNR dB", isNumber: true),
        ])
        for layer in divergence.layers {
            let differs = layer.differing > 0
            let share = layer.values > 0 ? Double(layer.differing) / Double(layer.values) : 0
            table.add([
                (layer.isOutput ? "→ " : "") + layer.name, layer.operation, layer.type, Figures.count(layer.values),
                differs ? Figures.share(share, digits: 2) : "0", layer.largestStep.map { differs ? "\($0)" : "" } ?? "",
                differs ? Figures.significant(layer.largestDifference) : "",
                differs ? Figures.decimal(layer.snr, digits: 1) : "",
            ])
        }
        return table.lines(width: tableWidth).enumerated().map { $0 == 0 ? colored($1, .dim) : $1 }
    }

    private func summary(_ divergence: Divergence) -> String {
        guard let first = divergence.firstDifference else {
            return colored("no value differs in \(Figures.count(divergence.layers.count)) layers", .green)
        }
        let differing = divergence.layers.count { $0.differing > 0 }
        return "\(Figures.count(differing)) of \(Figures.count(divergence.layers.count)) layers differ, the first is "
            + DisplayText.shortened(first.name, to: max(12, width - 50))
    }
}
