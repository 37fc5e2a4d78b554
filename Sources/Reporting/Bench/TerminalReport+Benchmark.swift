extension TerminalReport {
    /// How fast a model runs, as a table where layers were asked for.
    package func text(_ benchmark: Benchmark) -> String {
        let times = benchmark.latency
        let rows = [
            ("median", Self.time(times.median)), ("minimum", Self.time(times.minimum)),
            ("9 of 10 within", Self.time(times.ninthDecile)),
            ("per second", Figures.decimal(1e6 / max(times.median, 1e-3), digits: 0)),
            ("runs", Figures.count(benchmark.runs)), ("multiply-adds", Figures.amount(benchmark.multiplyAdds)),
            ("billions a second", Self.rate(benchmark.multiplyAdds, times.median)),
            ("threads", "\(benchmark.threads)"), ("numerics", benchmark.numerics),
            ("instructions", benchmark.instructionSet),
        ]
        let label = rows.map { DisplayText.width($0.0) }.max() ?? 0
        var lines = [colored(DisplayText.shortened(benchmark.file.path, to: width), .bold), ""]
        lines += rows.map { "  " + colored(DisplayText.padded($0.0, to: label), .dim) + "   " + $0.1 }
        if !benchmark.layers.isEmpty {
            lines.append("")
            lines += layers(benchmark).enumerated().map { $0 == 0 ? colored($1, .dim) : $1 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func layers(_ benchmark: Benchmark) -> [String] {
        var table = TextTable([
            .init(title: "#", isNumber: true), .init(title: "layer", isFlexible: true), .init(title: "operator"),
            .init(title: "median", isNumber: true), .init(title: "share", isNumber: true),
            .init(title: "mult-adds", isNumber: true), .init(title: "billions/s", isNumber: true),
        ])
        let total = benchmark.layers.reduce(0) { $0 + $1.time.median }
        for (index, layer) in benchmark.layers.enumerated() {
            table.add([
                "\(index)", layer.name, layer.operation, Self.time(layer.time.median),
                Figures.share(total > 0 ? layer.time.median / total : nil),
                layer.multiplyAdds > 0 ? Figures.amount(layer.multiplyAdds) : "",
                layer.multiplyAdds > 0 ? Self.rate(layer.multiplyAdds, layer.time.median) : "",
            ])
        }
        return table.lines(width: tableWidth)
    }

    /// `42.31 µs`, `1.27 ms`
    private static func time(_ microseconds: Double) -> String {
        microseconds < 1000
            ? Figures.decimal(microseconds, digits: 2) + " µs" : Figures.decimal(microseconds / 1000, digits: 2) + " ms"
    }

    private static func rate(_ multiplyAdds: Int, _ microseconds: Double) -> String {
        Figures.decimal(Double(multiplyAdds) / max(microseconds, 1e-3) / 1000, digits: 1)
    }
}
