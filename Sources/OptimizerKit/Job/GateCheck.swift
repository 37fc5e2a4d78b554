import Reporting

/// Compares a result with the limits that it must keep.
struct GateCheck {
    let gates: [Report.Gate]

    /// A gate on what was not measured is missed.
    init(_ limits: OptimizationOptions.Gates, _ report: Report) {
        var gates: [Report.Gate] = []
        let before = report.evaluation?.accuracyBefore
        let after = report.evaluation?.accuracyAfter
        if let limit = limits.maximumDrop {
            // In whole numbers, so that a drop of exactly one point keeps a limit of 1.
            let passed = before.flatMap { before in
                after.map { after in
                    after.count > 0 && Double(100 * (before.correct - after.correct)) <= limit * Double(after.count)
                }
            }
            gates.append(
                Report.Gate(
                    name: "max-drop", limit: limit, measured: report.evaluation?.drop, unit: "points",
                    passed: passed ?? false))
        }
        if let limit = limits.minimumAccuracy {
            let passed = after.map { $0.count > 0 && Double(100 * $0.correct) >= limit * Double($0.count) }
            gates.append(
                Report.Gate(
                    name: "min-accuracy", limit: limit, measured: after?.top1.map { 100 * $0 }, unit: "percent",
                    passed: passed ?? false))
        }
        if let limit = limits.maximumSize {
            let size = report.output?.bytes
            gates.append(
                Report.Gate(
                    name: "max-size", limit: Double(limit), measured: size.map(Double.init), unit: "bytes",
                    passed: size.map { $0 <= limit } ?? false))
        }
        self.gates = gates
    }
}
