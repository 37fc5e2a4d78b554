import ModelGraph

/// An elementwise operator of any number of operands, with broadcasting from the last axis.
package struct Variadic: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case sum, mean, maximum, minimum }

    package var kind: Kind
    package init(_ kind: Kind) { self.kind = kind }
    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        guard !inputs.isEmpty else { throw GraphError(.invalidAttribute, "\(name) has no operands") }
        let type = try operands.required(0).type
        var shape: [Int]? = []
        for index in inputs.indices {
            guard try operands.required(index).type == type else {
                throw GraphError(.typeMismatch, "operands of type \(type) and \(try operands.required(index).type)")
            }
            if let known = shape, let sizes = try operands.sizes(index) {
                shape = try Binary.broadcast(known, sizes)
            } else {
                shape = nil
            }
        }
        guard let shape else { return nil }
        return try Operands.result(type, shape)
    }
}
