import ModelGraph

/// What nodes read: values as the graph declares them, and as they are fed.
extension Planner {
    /// A value that is read: known already, or a constant.
    mutating func tensor(_ id: ValueID) throws(RuntimeError) -> Tensor {
        if let tensor = tensors[id.index] { return tensor }
        let tensor = try declaredTensor(id)
        guard tensor.constant != nil else {
            throw RuntimeError(.invalidModel, "the tensor is read but never computed", at: tensor.description)
        }
        tensors[id.index] = tensor
        return tensor
    }

    /// A value as the graph declares it.
    func declaredTensor(_ id: ValueID, isFed: Bool = false) throws(RuntimeError) -> Tensor {
        let value = graph[id]
        if value.isSparse {
            let dense = try value.densified(at: graph.describe(id))
            return try makeTensor(id, type: value.type, sizes: value.shape?.sizes ?? [], constant: dense)
        }
        guard let sizes = isFed ? try fedSizes(value, at: graph.describe(id)) : value.shape?.sizes else {
            throw RuntimeError(.unknownShape, "the shape is not known", at: graph.describe(id))
        }
        return try makeTensor(id, type: value.type, sizes: sizes, constant: value.constant)
    }

    /// The extents of a graph input, for as many samples as are run at once.
    func fedSizes(_ value: Value, at location: String) throws(RuntimeError) -> [Int]? {
        guard var sizes = try sampleSizes(value, at: location) else { return nil }
        if sizes.first == 1 { sizes[0] = options.batch }
        return sizes
    }

    /// The extents of a graph input: those of the options, or the model's with a batch of 1 where it leaves that open.
    private func sampleSizes(_ value: Value, at location: String) throws(RuntimeError) -> [Int]? {
        guard let shape = value.shape else { return options.inputShapes[value.name] }
        guard let given = options.inputShapes[value.name] else {
            var shape = shape
            if shape.dimensions.first?.size == nil, shape.rank > 0 { shape.dimensions[0] = .fixed(1) }
            guard let sizes = shape.sizes else {
                throw RuntimeError(
                    .unknownShape, "the shape \(shape) leaves more than the batch open", at: location,
                    remedy:
                        "give it one: --shape \(value.name)=\(shape.dimensions.map { $0.size.map(String.init) ?? "N" }.joined(separator: ","))"
                )
            }
            return sizes
        }
        let fits =
            given.count == shape.rank
            && zip(given, shape.dimensions).allSatisfy { $1.isDynamic || $1.size == $0 }
        guard fits else {
            throw RuntimeError(
                .wrongInput, "the input has the shape \(shape), not \(Shape(given))", at: location)
        }
        return given
    }

    func makeTensor(
        _ id: ValueID, type: ElementType, sizes: [Int], constant: TensorData?
    ) throws(RuntimeError) -> Tensor {
        let value = graph[id]
        let description = graph.describe(id)
        guard type.bitWidth != nil else {
            throw RuntimeError(.unsupportedType, "tensors of type \(type) are not supported", at: description)
        }
        guard Shape.isCountable(sizes), let count = Shape.elementCount(sizes),
            let byteCount = type.byteCount(of: count)
        else {
            throw RuntimeError(
                .outOfMemory, "the tensor of shape \(Shape(sizes)) is larger than memory can be", at: description)
        }
        // Of a tensor without elements everything is known.
        if let constant = constant ?? (count == 0 ? TensorData(bytes: []) : nil) {
            guard constant.byteCount == byteCount else {
                throw RuntimeError(
                    .invalidModel, "\(constant.byteCount) bytes of data, where \(byteCount) are needed", at: description
                )
            }
        } else {
            guard byteCount <= MemoryLimit.byteCount else {
                throw RuntimeError(
                    .outOfMemory, "the tensor of shape \(Shape(sizes)) takes \(byteCount) bytes", at: description)
            }
        }
        return Tensor(
            id: id, description: description, name: value.name, type: type, sizes: sizes,
            byteCount: byteCount, quantization: value.quantization,
            constant: constant ?? (count == 0 ? TensorData(bytes: []) : nil), isState: value.isState)
    }
}
