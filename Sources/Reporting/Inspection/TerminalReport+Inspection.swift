extension TerminalReport {
    /// What a model is made of: totals, operators by kind, and each layer.
    package func text(_ inspection: Inspection) -> String {
        var lines = [colored(DisplayText.shortened(inspection.file.path, to: width), .bold), ""]
        lines += totals(inspection)
        if let obstacle = inspection.obstacle {
            lines += ["", colored("  ! ", .yellow) + DisplayText.oneLine("it cannot be run here: " + obstacle)]
        }
        lines += [""] + titled(operators(inspection))
        lines += [""] + titled(layers(inspection))
        return lines.joined(separator: "\n") + "\n"
    }

    private func titled(_ lines: [String]) -> [String] {
        lines.enumerated().map { $0 == 0 ? colored($1, .dim) : $1 }
    }

    private func totals(_ inspection: Inspection) -> [String] {
        var format = inspection.file.format
        if let version = inspection.operatorSet { format += ", operator set \(version)" }
        if inspection.subgraphs > 0 {
            format += ", \(inspection.subgraphs) subgraph\(inspection.subgraphs == 1 ? "" : "s")"
        }
        var rows = [
            ("format", format), ("file", Figures.bytes(inspection.file.bytes)),
            ("constants", Figures.bytes(inspection.constantBytes)),
            ("parameters", Figures.amount(inspection.parameters)),
        ]
        if let gzip = inspection.file.gzipBytes { rows.insert(("file, gzip", Figures.bytes(gzip)), at: 2) }
        if let amount = inspection.multiplyAdds { rows.append(("multiply-adds", Figures.amount(amount))) }
        if let arena = inspection.arenaBytes { rows.append(("arena", Figures.bytes(arena))) }
        for (label, tensors) in [("input", inspection.inputs), ("output", inspection.outputs)] {
            for tensor in tensors {
                let scale = tensor.quantization.map { " = " + $0 } ?? ""
                rows.append((label, "\(tensor.name)  \(tensor.type) \(tensor.shape)\(scale)"))
            }
        }
        let label = rows.map { DisplayText.width($0.0) }.max() ?? 0
        return rows.map { row in
            "  " + colored(DisplayText.padded(row.0, to: label), .dim) + "   "
                + DisplayText.shortened(row.1, to: width - label - 5)
        }
    }

    private func operators(_ inspection: Inspection) -> [String] {
        var table = TextTable([
            .init(title: "operator", isFlexible: true), .init(title: "count", isNumber: true),
            .init(title: "constants", isNumber: true), .init(title: "multiply-adds", isNumber: true),
        ])
        for kind in inspection.operators {
            table.add([
                kind.name, Figures.count(kind.count), kind.constantBytes > 0 ? Figures.bytes(kind.constantBytes) : "",
                kind.multiplyAdds > 0 ? Figures.amount(kind.multiplyAdds) : "",
            ])
        }
        return table.lines(width: tableWidth)
    }

    private func layers(_ inspection: Inspection) -> [String] {
        var table = TextTable([
            .init(title: "#", isNumber: true), .init(title: "layer", isFlexible: true),
            .init(title: "operator"), .init(title: "result"), .init(title: "weights"),
            .init(title: "bytes", isNumber: true), .init(title: "zeros", isNumber: true),
            .init(title: "mult-adds", isNumber: true),
        ])
        for layer in inspection.layers {
            table.add([
                "\(layer.index)", layer.name, layer.operation, "\(layer.type) \(layer.shape)", layer.weights ?? "",
                layer.constantBytes > 0 ? Figures.bytes(layer.constantBytes) : "",
                layer.sparsity.map { $0 >= 0.0005 ? Figures.share($0) : "" } ?? "",
                layer.multiplyAdds.map { $0 > 0 ? Figures.amount($0) : "" } ?? "",
            ])
        }
        return table.lines(width: tableWidth)
    }
}
