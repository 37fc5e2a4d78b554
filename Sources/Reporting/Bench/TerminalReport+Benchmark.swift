extension TerminalReport {
    /// How fast a model runs, as a table where layers were asked for.
    package func text(_ benchmark: Benchmark) -> String {
        let times = benchmark.latency
        var rows = [
            ("median", Self.time(times.median) + (benchmark.batch > 1 ? " for \(benchmark.batch) samples" : ""))
        ]
        if benchmark.batch > 1 { rows.append(("per sample", Self.time(times.median / Double(benchmark.batch)))) }
        rows += [
            ("minimum", Self.time(times.minimum)), ("9 of 10 within", Self.time(times.ninthDecile)),
            ("runs", Figures.count(benchmark.runs)), ("threads", "\(benchmark.threads)"),
        ]
        if let throughput = benchmark.throughput { rows.append(("throughput", Self.text(throughput))) }
        if benchmark.multiplyAdds > 0 {
            let rate = Self.rate(benchmark.multiplyAdds, times.median)
            rows.append(("multiply-adds", "\(Figures.amount(benchmark.multiplyAdds)), \(rate) billions a second"))
        }
        if let limit = benchmark.limit { rows.append(("of the machine", Self.text(limit, benchmark.threads))) }
        rows += [("numerics", benchmark.numerics), ("instructions", benchmark.instructionSet)]
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
            .init(title: "mult-adds", isNumber: true), .init(title: "G/s", isNumber: true),
            .init(title: "limit", isNumber: true),
        ])
        let total = benchmark.layers.reduce(0) { $0 + $1.time.median }
        for (index, layer) in benchmark.layers.enumerated() {
            table.add([
                "\(index)", layer.name, layer.operation, Self.time(layer.time.median),
                Figures.share(total > 0 ? layer.time.median / total : nil),
                layer.multiplyAdds > 0 ? Figures.amount(layer.multiplyAdds) : "",
                layer.multiplyAdds > 0 ? Self.rate(layer.multiplyAdds, layer.time.median) : "",
                layer.limit.map { Figures.share($0.share) } ?? "",
            ])
        }
        return table.lines(width: tableWidth)
    }

    /// `63,000 samples a second on 2 threads, one each`
    private static func text(_ throughput: Benchmark.Throughput) -> String {
        let samples = Figures.decimal(throughput.samplesPerSecond, digits: throughput.samplesPerSecond < 100 ? 1 : 0)
        let (threads, batch) = (throughput.threads, throughput.batch)
        return "\(samples) samples a second on "
            + (threads > 1 ? "\(threads) threads, \(batch > 1 ? "\(batch)" : "one") each" : "one thread")
            + (batch > 1 ? (threads > 1 ? " at once" : ", \(batch) at once") : "")
    }

    /// `52.1 % of what one core can do: 549 billion int8 multiply-adds a second`
    private static func text(_ limit: Benchmark.Limit, _ threads: Int) -> String {
        let billions = limit.multiplyAddsPerSecond / 1e9
        let rate = Figures.decimal(billions, digits: billions < 10 ? 1 : 0)
        return Figures.share(limit.share) + " of what \(threads == 1 ? "one core" : "\(threads) cores") can do: "
            + "\(rate) billion \(limit.type) multiply-adds a second"
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
