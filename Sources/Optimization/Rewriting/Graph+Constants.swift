import ModelGraph
import Operators

extension Graph {
    /// The constant's elements; nil if it is computed, keeps its content between runs, or is not int32 or int64.
    func integers(_ id: ValueID?) -> [Int]? {
        guard let id, let data = self[id].facts.constant else { return nil }
        switch self[id].type {
        case .int32: return data.elements(as: Int32.self).map(Int.init)
        case .int64: return data.elements(as: Int64.self).map(Int.init)
        default: return nil
        }
    }

    /// The one number that all elements of a constant are: a real number, or an integer that stands for itself.
    func uniformConstant(_ id: ValueID, connections: GraphConnections) -> Double? {
        if self[id].quantization == nil, let values = integers(id) {
            return values.first.flatMap { first in values.allSatisfy { $0 == first } ? Double(first) : nil }
        }
        // Most large constants differ in their first elements already.
        let value = self[constantSource(of: id, connections: connections)]
        if value.type == .float32, let data = value.constant, data.byteCount >= 8 {
            let differs = data.withUnsafeBytes {
                $0.loadUnaligned(as: Float.self) != $0.loadUnaligned(fromByteOffset: 4, as: Float.self)
            }
            if differs { return nil }
        }
        guard let values = realConstant(id, connections: connections), let first = values.first else { return nil }
        return values.allSatisfy { $0 == first } ? Double(first) : nil
    }

    /// Whether broadcasting the second value with the first leaves the first one's shape as it is.
    func broadcasts(_ id: ValueID, within other: ValueID) -> Bool {
        guard let sizes = self[id].shape?.sizes, !(self[id].shape?.isDynamic ?? true) else { return false }
        if sizes.isEmpty { return true }
        guard let shape = self[other].shape, sizes.count <= shape.rank else { return false }
        return zip(sizes.reversed(), shape.dimensions.reversed()).allSatisfy { size, dimension in
            size == 1 || dimension == .fixed(size)
        }
    }

    /// The extents of a value that has none which is known only when running.
    func fixedSizes(_ id: ValueID) -> [Int]? {
        guard let shape = self[id].shape, !shape.isDynamic else { return nil }
        return shape.sizes
    }

    /// The extents of a value that windows slide over, all fixed but for the number of samples, which may be any.
    func windowedSizes(_ id: ValueID) -> [Int]? {
        guard let dimensions = self[id].shape?.dimensions, let first = dimensions.first else { return nil }
        var sizes = [first.size ?? 1]
        for dimension in dimensions.dropFirst() {
            guard case .fixed(let size) = dimension else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    /// The smallest interval that is known to hold all elements of a real tensor, but for NaN.
    func bounds(of id: ValueID, connections: GraphConnections) -> (lower: Float, upper: Float) {
        let unknown: (lower: Float, upper: Float) = (-.infinity, .infinity)
        guard self[id].type == .float32, let producer = connections.producer(of: id) else { return unknown }
        switch self[producer].operation {
        case let op as Unary: return op.kind.bounds ?? unknown
        case let op as Convolution: return op.activation.bounds ?? unknown
        case let op as DepthwiseConvolution: return op.activation.bounds ?? unknown
        case let op as FullyConnected: return op.activation.bounds ?? unknown
        case let op as Binary: return op.activation.bounds ?? unknown
        case let op as Pool: return op.activation.bounds ?? unknown
        case is Softmax: return (0, .infinity)
        default: return unknown
        }
    }
}

extension Unary.Kind {
    /// The interval that holds all results, but for NaN; nil if there is no limit.
    fileprivate var bounds: (lower: Float, upper: Float)? {
        switch self {
        case .relu, .abs, .square, .exp: (0, .infinity)
        case .relu6: (0, 6)
        case .relu0To1, .logistic: (0, 1)
        case .reluN1To1, .tanh, .sin, .cos: (-1, 1)
        default: nil
        }
    }

    /// The interval that the operator clamps to; nil if it does something else.
    var clamp: (lower: Float, upper: Float)? {
        switch self {
        case .relu, .relu6, .reluN1To1, .relu0To1: bounds
        default: nil
        }
    }
}
