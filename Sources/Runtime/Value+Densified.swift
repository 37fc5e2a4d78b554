import ModelGraph

extension Value {
    /// All elements of a sparse constant.
    ///
    /// - Throws: `RuntimeError` if the encoding is not known or does not fit, or there are more elements than memory.
    func densified(at location: String) throws(RuntimeError) -> TensorData {
        guard let sparsity, let constant, let sizes = shape?.sizes,
            let byteCount = Shape.elementCount(sizes).flatMap(type.byteCount)
        else {
            throw RuntimeError(.unsupportedType, "the encoding of the sparse tensor is not known", at: location)
        }
        guard byteCount <= MemoryLimit.byteCount else {
            throw RuntimeError(.outOfMemory, "the sparse tensor has \(byteCount) bytes", at: location)
        }
        return try checked(at: location) { () throws(GraphError) in
            try sparsity.densified(constant, type: type, sizes: sizes)
        }
    }
}
