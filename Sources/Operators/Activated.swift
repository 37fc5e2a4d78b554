import ModelGraph

/// A linear operator whose result goes through an activation, or is added to before.
///
///     y = activation(base(…) [+ z])
///
/// Operands: those of the base, all places filled, and with `addsLast` z behind them, of the result's shape.
/// - Source: onnxruntime's FusedConv and FusedGemm.
package struct Activated: Operation {
    package var base: any Operation
    /// An elementwise operator of one operand.
    package var activation: any Operation
    package var addsLast: Bool

    package init(_ base: any Operation, activation: any Operation, addsLast: Bool = false) {
        self.base = base
        self.activation = activation
        self.addsLast = addsLast
    }

    package var name: String { "\(base.name)+\(activation.name)" }

    package func isEqual(to other: any Operation) -> Bool {
        guard let other = other as? Activated else { return false }
        return base.isEqual(to: other.base) && activation.isEqual(to: other.activation) && addsLast == other.addsLast
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = addsLast ? Array(inputs.dropLast()) : inputs
        guard let results = try base.inferOutputs(from: operands) else { return nil }
        if addsLast, let z = inputs.last ?? nil, let sizes = z.shape?.sizes {
            guard sizes == results.first?.shape?.sizes, z.type == results.first?.type else {
                throw GraphError(.invalidShape, "what is added to the result has the shape \(Shape(sizes))")
            }
        }
        return try activation.inferOutputs(from: results)
    }
}
