import ModelGraph

/// Reads the tensors of one graph.
struct TensorReading {
    let graph: Int
    let tensors: [FlatTable]
    let buffers: BufferTable

    /// - Throws: `malformed` or `unsupported`, naming the tensor.
    func value(_ index: Int) throws(TFLiteError) -> Value {
        let table = tensors[index]
        let name = table.text("name") ?? ""
        do throws(TFLiteError) {
            guard let type = TFLiteNames.elementType(table.integer("type")) else {
                throw TFLiteError(.unsupported, "its element type \(table.integer("type")) is not known")
            }
            let isSparse = table.has("sparsity")
            let isVariable = table.flag("is_variable")
            let range = try buffers.contents(of: table.integer("buffer"))
            let shape = try shape(table, hasData: range != nil)
            if let range, !isSparse, !isVariable { try check(range, shape, type) }
            var value = Value(
                name: name, type: type, shape: shape, quantization: try quantization(table),
                constant: range.map { TensorData(mapped: buffers.file, range: $0) }, isSparse: isSparse,
                isVariable: isVariable, source: SourceReference(graph: graph, index: index))
            value.sparsity = table.sparsity
            return value
        } catch {
            var error = error
            error.location = "graph \(graph), tensor \(index) '\(name)'"
            throw error
        }
    }

    /// The shape, with the extents that the signature leaves open as dynamic ones.
    private func shape(_ table: FlatTable, hasData: Bool) throws(TFLiteError) -> Shape? {
        let sizes = table.integers("shape") ?? []
        let signature = table.integers("shape_signature") ?? []
        // An empty shape is a scalar's, or that of a tensor of unknown rank. Old files do not say which.
        if sizes.isEmpty, signature.isEmpty, !hasData, !table.flag("has_rank") { return nil }
        var dimensions: [Dimension] = []
        for (axis, size) in sizes.enumerated() {
            guard size >= -1 else { throw TFLiteError(.malformed, "its shape \(sizes) has a negative extent") }
            let isOpen = size == -1 || (signature.count == sizes.count && signature[axis] < 0)
            dimensions.append(isOpen ? .dynamic(placeholder: size < 0 ? nil : size) : .fixed(size))
        }
        return Shape(dimensions: dimensions)
    }

    private func check(_ range: Range<Int>, _ shape: Shape?, _ type: ElementType) throws(TFLiteError) {
        guard type.bitWidth != nil, let shape, shape.sizes != nil else { return }
        guard let count = shape.elementCount, let needed = type.byteCount(of: count) else {
            throw TFLiteError(.malformed, "its shape \(shape) is larger than memory can be")
        }
        guard needed == range.count else {
            throw TFLiteError(
                .malformed,
                "\(range.count) bytes of data at byte \(range.lowerBound) for shape \(shape) of \(type), which takes \(needed)"
            )
        }
    }

    // MARK: Quantization

    /// nil if the tensor is not quantized, or in a way that has no scales of its own.
    private func quantization(_ table: FlatTable) throws(TFLiteError) -> Quantization? {
        guard let parameters = table.child("quantization") else { return nil }
        if let details = parameters.child("details"), details.typeName == "BlockwiseQuantization" {
            return try blockwise(details, parameters)
        }
        guard let scales = parameters.reals("scale"), !scales.isEmpty else { return nil }
        var zeroPoints = (parameters.integers("zero_point") ?? []).map(Int64.init)
        if zeroPoints.count <= 1 { zeroPoints = Array(repeating: zeroPoints.first ?? 0, count: scales.count) }
        guard zeroPoints.count == scales.count else {
            throw TFLiteError(.malformed, "\(scales.count) scales and \(zeroPoints.count) zero points")
        }
        let axis = parameters.integer("quantized_dimension")
        guard scales.count == 1 || axis >= 0 else {
            throw TFLiteError(.malformed, "its scales lie along axis \(axis)")
        }
        return Quantization(scales: scales, zeroPoints: zeroPoints, axis: scales.count > 1 ? axis : nil)
    }

    /// Scales and zero points of blocks stand in tensors of their own.
    private func blockwise(_ details: FlatTable, _ parameters: FlatTable) throws(TFLiteError) -> Quantization? {
        let blockSize = details.integer("block_size")
        let scaleIndex = details.integer("scales")
        guard tensors.indices.contains(scaleIndex) else {
            throw TFLiteError(.malformed, "its scales are tensor \(scaleIndex) of \(tensors.count)")
        }
        guard blockSize > 0, let data = try constant(scaleIndex) else { return nil }
        let scales: [Float]
        switch TFLiteNames.elementType(tensors[scaleIndex].integer("type")) {
        case .float32: scales = data.elements()
        case .float16: scales = data.elements(as: UInt16.self).map(Float.init(halfBits:))
        default: return nil
        }
        guard !scales.isEmpty else { return nil }
        let zeroPoints = try zeroPoints(details.integer("zero_points"), scaleIndex: scaleIndex, count: scales.count)
        return Quantization(
            scales: scales, zeroPoints: zeroPoints, axis: parameters.integer("quantized_dimension"),
            blockSize: blockSize)
    }

    private func zeroPoints(_ index: Int, scaleIndex: Int, count: Int) throws(TFLiteError) -> [Int64]? {
        // There is no tensor of zero points where the scales are symmetric: the index is negative, or its default.
        guard index > 0, index != scaleIndex, tensors.indices.contains(index), let data = try constant(index) else {
            return nil
        }
        let values: [Int64]
        switch TFLiteNames.elementType(tensors[index].integer("type")) {
        case .int8: values = data.elements(as: Int8.self).map(Int64.init)
        case .uint8: values = data.elements(as: UInt8.self).map(Int64.init)
        case .int16: values = data.elements(as: Int16.self).map(Int64.init)
        case .int32: values = data.elements(as: Int32.self).map(Int64.init)
        case .int64: values = data.elements()
        default: return nil
        }
        return values.count == count ? values : nil
    }

    private func constant(_ index: Int) throws(TFLiteError) -> TensorData? {
        guard let range = try buffers.contents(of: tensors[index].integer("buffer")),
            tensors[index].budget.allows(range.count)
        else { return nil }
        return TensorData(mapped: buffers.file, range: range)
    }
}
