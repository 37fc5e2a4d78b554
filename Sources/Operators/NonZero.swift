import ModelGraph

/// Where a tensor is not zero, as int64 indices in row-major order.
package struct NonZero: Operation, Equatable {
    /// Whether the result is [n, rank], and not [rank, n].
    package var isRowPerElement: Bool
    package init(isRowPerElement: Bool = false) { self.isRowPerElement = isRowPerElement }
    package var name: String { "NonZero" }

    /// The indices, in the result's order; nil if x is not known.
    package func indices(from inputs: [TensorFacts?]) throws(GraphError) -> (shape: [Int], indices: [Int64])? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        let x = try operands.required(0)
        guard let sizes = try operands.sizes(0), let data = x.constant else { return nil }
        guard let places = data.nonZeroPlaces(of: x.type) else {
            throw GraphError(.unsupported, "zeros of type \(x.type)")
        }
        // A scalar counts as one element of one axis in ONNX, and has no coordinates in TFLite.
        let axes = sizes.isEmpty && !isRowPerElement ? [1] : sizes
        var strides = Array(repeating: 1, count: axes.count)
        for axis in axes.indices.reversed().dropFirst() { strides[axis] = strides[axis + 1] * axes[axis + 1] }
        var indices: [Int64] = []
        indices.reserveCapacity(places.count * axes.count)
        if isRowPerElement {
            for place in places {
                for axis in axes.indices { indices.append(Int64(place / strides[axis] % axes[axis])) }
            }
            return ([places.count, axes.count], indices)
        }
        for axis in axes.indices { for place in places { indices.append(Int64(place / strides[axis] % axes[axis])) } }
        return ([axes.count, places.count], indices)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let (shape, _) = try indices(from: inputs) else { return nil }
        return try Operands.result(.int64, shape)
    }
}

extension TensorData {
    /// Which elements are not zero; nil for types that do not fill whole bytes.
    fileprivate func nonZeroPlaces(of type: ElementType) -> [Int]? {
        guard let bits = type.bitWidth, bits >= 8 else { return nil }
        let size = bits / 8
        // A negative zero is a zero.
        let isSigned = type.isFloatingPoint && type != .float8E8M0
        return withUnsafeBytes { bytes in
            (0..<bytes.count / size).filter { place in
                let element = bytes[(place * size)..<((place + 1) * size)]
                return element.dropLast().contains { $0 != 0 } || (element.last ?? 0) & (isSigned ? 0x7f : 0xff) != 0
            }
        }
    }
}
