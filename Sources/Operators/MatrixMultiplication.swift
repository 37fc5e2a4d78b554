import ModelGraph

/// The matrix product of the last two axes, the axes before them broadcast as NumPy's `matmul` does.
///
/// Operands: a [.., M, K], b [.., K, N]. Result: [.., M, N]. An operand with one axis is a row (a) or a column (b), and the
/// result lacks that axis.
package struct MatrixMultiplication: Operation, Equatable {
    package init() {}
    package var name: String { "MatrixMultiplication" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let a = try operands.sizes(0), let b = try operands.sizes(1) else { return nil }
        func refused() -> GraphError { GraphError(.invalidShape, "the product of \(Shape(a)) and \(Shape(b))") }
        guard !a.isEmpty, !b.isEmpty else { throw refused() }
        let left = a.count == 1 ? [1] + a : a
        let right = b.count == 1 ? b + [1] : b
        guard left[left.count - 1] == right[right.count - 2] else { throw refused() }
        let rank = max(left.count, right.count)
        var y: [Int] = []
        for axis in 0..<(rank - 2) {
            let l = axis - (rank - left.count), r = axis - (rank - right.count)
            let sizes = (l < 0 ? 1 : left[l], r < 0 ? 1 : right[r])
            guard sizes.0 == sizes.1 || sizes.0 == 1 || sizes.1 == 1 else { throw refused() }
            y.append(sizes.0 == 1 ? sizes.1 : sizes.0)
        }
        if a.count > 1 { y.append(left[left.count - 2]) }
        if b.count > 1 { y.append(right[right.count - 1]) }
        return try Operands.result(try operands.required(0).type, y)
    }
}
