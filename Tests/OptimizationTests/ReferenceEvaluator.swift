import ModelGraph
import Operators

/// Computes small graphs in double precision, straight from the definitions of the ONNX operator specification, for
/// comparing a graph before and after a pass. It shares no code with the inference core, and knows both layouts.
struct ReferenceEvaluator {
    struct Array: Equatable {
        var sizes: [Int]
        var values: [Double]

        /// The element at an index for each axis.
        subscript(index: [Int]) -> Double {
            get { values[Array.offset(index, sizes)] }
            set { values[Array.offset(index, sizes)] = newValue }
        }

        init(sizes: [Int], values: [Double]) {
            self.sizes = sizes
            self.values = values
        }

        init(sizes: [Int], _ element: ([Int]) -> Double) {
            self.sizes = sizes
            values = []
            var index = sizes.map { _ in 0 }
            for _ in 0..<sizes.reduce(1, *) {
                values.append(element(index))
                for axis in sizes.indices.reversed() {
                    index[axis] += 1
                    if index[axis] < sizes[axis] { break }
                    index[axis] = 0
                }
            }
        }

        static func offset(_ index: [Int], _ sizes: [Int]) -> Int { zip(index, sizes).reduce(0) { $0 * $1.1 + $1.0 } }
    }

    enum Failure: Error { case unknown(String) }

    /// The results for the given operands, both in the graph's order.
    static func run(_ graph: Graph, _ inputs: [[Float]]) throws -> [[Double]] {
        var known: [ValueID: Array] = [:]
        for (id, values) in zip(graph.inputs, inputs) {
            known[id] = Array(sizes: graph[id].shape!.sizes!, values: values.map(Double.init))
        }
        for id in graph.valueIDs {
            let value = graph[id]
            guard let data = value.constant else { continue }
            let values: [Double]
            switch value.type {
            case .int32: values = data.elements(as: Int32.self).map(Double.init)
            case .int64: values = data.elements(as: Int64.self).map(Double.init)
            default: values = data.elements(as: Float.self).map(Double.init)
            }
            known[id] = Array(sizes: value.shape!.sizes!, values: values)
        }
        for id in graph.order {
            let node = graph[id]
            let operands = node.inputs.map { $0.flatMap { known[$0] } }
            let sizes = graph[node.outputs[0]].shape?.sizes ?? []
            known[node.outputs[0]] = try evaluate(node.operation, operands, sizes)
        }
        return graph.outputs.map { known[$0]!.values }
    }

    private static func evaluate(_ operation: any Operation, _ x: [Array?], _ sizes: [Int]) throws -> Array {
        let a = x[0]!
        switch operation {
        case let op as Convolution:
            return clamp(try convolution(op, a, x[1]!, x.count > 2 ? x[2] : nil, sizes), op.activation)
        case let op as DepthwiseConvolution:
            let w = x[1]!
            let before = padding(op.padding, a.sizes, sizes, 1, [w.sizes[1], w.sizes[2]], op.strides)
            return clamp(
                Array(sizes: sizes) { index in
                    var sum = x.count > 2 ? x[2]?.values[index[3]] ?? 0 : 0
                    for r in 0..<w.sizes[1] {
                        for c in 0..<w.sizes[2] {
                            let row = index[1] * op.strides[0] + r * op.dilations[0] - before[0]
                            let column = index[2] * op.strides[1] + c * op.dilations[1] - before[1]
                            guard row >= 0, row < a.sizes[1], column >= 0, column < a.sizes[2] else { continue }
                            let from = index[3] * a.sizes[3] / w.sizes[3]
                            sum += a[[index[0], row, column, from]] * w[[0, r, c, index[3]]]
                        }
                    }
                    return sum
                }, op.activation)
        case let op as TransposedConvolution:
            let (w, padding) = (x[1]!, padding(op.padding, a.sizes, sizes, 2, [1, 1], op.strides))
            var y = Array(sizes: sizes) { x.count > 2 ? x[2]?.values[$0[1]] ?? 0 : 0 }
            let perGroup = (inputs: w.sizes[0] / op.groups, outputs: w.sizes[1])
            // Each element of x is spread over the window that it stands for.
            let spread = Array(sizes: a.sizes + w.sizes.dropFirst()) { index in
                let group = index[1] / perGroup.inputs
                let row = index[2] * op.strides[0] + index[5] * op.dilations[0] - padding[0]
                let column = index[3] * op.strides[1] + index[6] * op.dilations[1] - padding[1]
                if (0..<sizes[2]).contains(row), (0..<sizes[3]).contains(column) {
                    y[[index[0], group * perGroup.outputs + index[4], row, column]] +=
                        a[Swift.Array(index[..<4])] * w[[index[1], index[4], index[5], index[6]]]
                }
                return 0
            }
            return spread.values.isEmpty ? a : y
        case let op as FullyConnected:
            let w = x[1]!
            let inputs = w.sizes[1]
            return clamp(
                Array(sizes: sizes) { index in
                    let row = Array.offset(index.dropLast() + [0], sizes) / sizes.last!
                    return (0..<inputs).reduce(x.count > 2 ? x[2]?.values[index.last!] ?? 0 : 0) {
                        $0 + a.values[row * inputs + $1] * w[[index.last!, $1]]
                    }
                }, op.activation)
        case let op as Gemm:
            let b = x[1]!
            let depth = a.sizes[op.transposesA ? 0 : 1]
            return Array(sizes: sizes) { index in
                let product = (0..<depth).reduce(0.0) {
                    $0 + a[op.transposesA ? [$1, index[0]] : [index[0], $1]]
                        * b[op.transposesB ? [index[1], $1] : [$1, index[1]]]
                }
                let c = x.count > 2 ? x[2].map { broadcast($0, index) } ?? 0 : 0
                return Double(op.alpha) * product + Double(op.beta) * c
            }
        case is MatrixMultiplication:
            return Array(sizes: sizes) { index in
                (0..<a.sizes.last!).reduce(0.0) { $0 + a[index.dropLast() + [$1]] * x[1]![[$1, index.last!]] }
            }
        case let op as BatchNormalization:
            let axis = op.layout.channelAxis(rank: sizes.count)
            return Array(sizes: sizes) { index in
                let c = index[axis]
                let p = x.map { $0!.values }
                return p[1][c] * (a[index] - p[3][c]) / (p[4][c] + Double(op.epsilon)).squareRoot() + p[2][c]
            }
        case let op as Binary:
            return clamp(
                Array(sizes: sizes) { index in
                    let (l, r) = (broadcast(a, index), broadcast(x[1]!, index))
                    switch op.kind {
                    case .add: return l + r
                    case .subtract: return l - r
                    case .multiply: return l * r
                    case .divide: return l / r
                    case .maximum: return max(l, r)
                    case .minimum: return min(l, r)
                    default: return .nan
                    }
                }, op.activation)
        case let op as Unary:
            switch op.kind {
            case .relu: return clamp(a, .relu)
            case .relu6: return clamp(a, .relu6)
            case .negate: return Array(sizes: sizes, values: a.values.map { -$0 })
            case .abs: return Array(sizes: sizes, values: a.values.map(abs))
            case .square: return Array(sizes: sizes, values: a.values.map { $0 * $0 })
            case .hardSwish: return Array(sizes: sizes, values: a.values.map { $0 * min(max($0 + 3, 0), 6) / 6 })
            default: throw Failure.unknown(op.name)
            }
        case is Pad:
            let amounts = x[1]!.values.map { Int($0) }
            return Array(sizes: sizes) { index in
                let source = index.indices.map { index[$0] - amounts[2 * $0] }
                let isInside = zip(source, a.sizes).allSatisfy { $0 >= 0 && $0 < $1 }
                return isInside ? a[source] : x.count > 2 ? x[2]!.values[0] : 0
            }
        case let op as Pool: return clamp(try pool(op, a, sizes), op.activation)
        case let op as Concatenation:
            let axis = op.axis < 0 ? op.axis + sizes.count : op.axis
            return Array(sizes: sizes) { index in
                var index = index
                for part in x {
                    if index[axis] < part!.sizes[axis] { return part![index] }
                    index[axis] -= part!.sizes[axis]
                }
                return .nan
            }
        case is Transpose:
            let permutation = x[1]!.values.map { Int($0) }
            return Array(sizes: sizes) { index in
                var source = index
                for (to, from) in permutation.enumerated() { source[from] = index[to] }
                return a[source]
            }
        case is Reshape, is Squeeze, is ExpandDimensions, is Unsqueeze, is Flatten, is Identity:
            return Array(sizes: sizes, values: a.values)
        default: throw Failure.unknown(operation.name)
        }
    }

    private static func broadcast(_ operand: Array, _ index: [Int]) -> Double {
        let aligned = index.suffix(operand.sizes.count)
        return operand[zip(aligned, operand.sizes).map { $1 == 1 ? 0 : $0 }]
    }

    private static func clamp(_ x: Array, _ activation: Activation) -> Array {
        let bounds = activation.bounds!
        return Array(
            sizes: x.sizes, values: x.values.map { min(max($0, Double(bounds.lower)), Double(bounds.upper)) })
    }

    /// Cross-correlation with zeros around x, over two spatial axes.
    private static func convolution(
        _ op: Convolution, _ x: Array, _ w: Array, _ bias: Array?, _ sizes: [Int]
    ) throws -> Array {
        let isFirst = op.layout == .channelsFirst
        let (rows, columns) = isFirst ? (2, 3) : (1, 2)
        let channel = isFirst ? 1 : 3
        let before = padding(op.padding, x.sizes, sizes, rows, [w.sizes[rows], w.sizes[columns]], op.strides)
        let perGroup = w.sizes[channel]
        let outputsPerGroup = w.sizes[0] / (x.sizes[channel] / perGroup)
        return Array(sizes: sizes) { index in
            let o = index[channel]
            var sum = bias?.values[o] ?? 0
            for r in 0..<w.sizes[rows] {
                for c in 0..<w.sizes[columns] {
                    let row = index[rows] * op.strides[0] + r * op.dilations[0] - before[0]
                    let column = index[columns] * op.strides[1] + c * op.dilations[1] - before[1]
                    guard row >= 0, row < x.sizes[rows], column >= 0, column < x.sizes[columns] else { continue }
                    for i in 0..<perGroup {
                        let from = o / outputsPerGroup * perGroup + i
                        sum +=
                            isFirst
                            ? x[[index[0], from, row, column]] * w[[o, i, r, c]]
                            : x[[index[0], row, column, from]] * w[[o, r, c, i]]
                    }
                }
            }
            return sum
        }
    }

    private static func pool(_ op: Pool, _ x: Array, _ sizes: [Int]) throws -> Array {
        let rows = op.layout == .channelsFirst ? 2 : 1
        let before = padding(op.padding, x.sizes, sizes, rows, op.window, op.strides)
        return Array(sizes: sizes) { index in
            var covered: [Double] = []
            for r in 0..<op.window[0] {
                for c in 0..<op.window[1] {
                    var source = index
                    source[rows] = index[rows] * op.strides[0] + r - before[0]
                    source[rows + 1] = index[rows + 1] * op.strides[1] + c - before[1]
                    guard zip(source, x.sizes).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
                    covered.append(x[source])
                }
            }
            return op.kind == .max ? covered.max() ?? .nan : covered.reduce(0, +) / Double(covered.count)
        }
    }

    private static func padding(
        _ padding: Padding, _ x: [Int], _ y: [Int], _ first: Int, _ window: [Int], _ strides: [Int]
    ) -> [Int] {
        switch padding {
        case .valid: return [0, 0]
        case .explicit(let amounts): return amounts.map(\.before)
        case .same, .sameLower:
            return (0..<2).map { max(0, (y[first + $0] - 1) * strides[$0] + window[$0] - x[first + $0]) / 2 }
        }
    }
}
