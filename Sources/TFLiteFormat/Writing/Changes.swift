import ModelGraph

extension Model {
    /// Whether nothing that a file would hold differs from the model as it was read.
    func isUnchanged(since original: Model) -> Bool {
        signatures == original.signatures && graphs.count == original.graphs.count
            && zip(graphs, original.graphs).allSatisfy { $0.isUnchanged(since: $1) }
    }
}

extension Graph {
    func isUnchanged(since original: Graph) -> Bool {
        guard name == original.name, sourceIndex == original.sourceIndex, inputs == original.inputs,
            outputs == original.outputs, order == original.order, valueIDs == original.valueIDs
        else { return false }
        return order.allSatisfy { self[$0].isUnchanged(since: original[$0]) }
            && valueIDs.allSatisfy { self[$0].isUnchanged(since: original[$0]) }
    }
}

extension Node {
    func isUnchanged(since original: Node) -> Bool {
        operation.isEqual(to: original.operation) && inputs == original.inputs && outputs == original.outputs
            && intermediates == original.intermediates && source == original.source
    }
}

extension Value {
    func isUnchanged(since original: Value) -> Bool {
        name == original.name && type == original.type && shape == original.shape && isSparse == original.isSparse
            && isVariable == original.isVariable && hasQuantization(of: original) && constant == original.constant
            && source == original.source
    }

    /// Compares scales by their bits: NaN is a value that a file can hold.
    func hasQuantization(of original: Value) -> Bool {
        guard let a = quantization, let b = original.quantization else {
            return quantization == nil && original.quantization == nil
        }
        return a.scales.map(\.bitPattern) == b.scales.map(\.bitPattern) && a.zeroPoints == b.zeroPoints
            && a.axis == b.axis && a.blockSize == b.blockSize
    }
}
