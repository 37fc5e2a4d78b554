import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension RuntimeTensor {
    /// One element that is an integer or a truth value.
    static func scalar<Element: BitwiseCopyable>(_ element: Element, _ type: ElementType) -> RuntimeTensor {
        RuntimeTensor(type: type, sizes: [], data: TensorData([element]))
    }

    /// Bytes of one element.
    /// - Throws: `RuntimeError.unsupportedType` for types that do not fill whole bytes.
    func elementSize(at location: String) throws(RuntimeError) -> Int {
        guard let bits = type.bitWidth, bits % 8 == 0 else {
            throw RuntimeError(.unsupportedType, "tensors of type \(type) cannot be cut or joined", at: location)
        }
        return bits / 8
    }

    /// A part of the tensor along one axis.
    ///
    /// - Parameter dropsAxis: whether the part, which is one position then, is without the axis.
    /// - Precondition: the axis and the range lie within the tensor.
    func slice(axis: Int, _ range: Range<Int>, dropsAxis: Bool, at location: String) throws(RuntimeError)
        -> RuntimeTensor
    {
        let size = try elementSize(at: location)
        var result = sizes
        if dropsAxis { result.remove(at: axis) } else { result[axis] = range.count }
        if data.byteCount == 0 || range.isEmpty {
            return RuntimeTensor(type: type, sizes: result, data: TensorData(bytes: []))
        }
        let outer = sizes[..<axis].reduce(1, *)
        let run = sizes[(axis + 1)...].reduce(1, *) * size
        var parts: [UInt8] = []
        parts.reserveCapacity(outer * range.count * run)
        data.withUnsafeBytes { bytes in
            for position in 0..<outer {
                let start = (position * sizes[axis] + range.lowerBound) * run
                parts.append(contentsOf: bytes[start..<start + range.count * run])
            }
        }
        return RuntimeTensor(type: type, sizes: result, data: TensorData(bytes: parts))
    }

    /// Joins tensors along an axis.
    ///
    /// - Parameter addsAxis: whether the axis is a new one, of one position for each part.
    /// - Throws: `RuntimeError` if types or extents differ, or the result is more than memory can hold.
    static func join(
        _ parts: [RuntimeTensor], axis: Int, addsAxis: Bool, at location: String
    ) throws(RuntimeError) -> RuntimeTensor {
        guard let first = parts.first else {
            throw RuntimeError(.invalidModel, "there is nothing to join", at: location)
        }
        let rank = first.sizes.count + (addsAxis ? 1 : 0)
        let axis = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(axis) else {
            throw RuntimeError(.invalidModel, "axis \(axis) of a tensor of rank \(rank)", at: location)
        }
        let size = try first.elementSize(at: location)
        var total = 0
        for part in parts {
            guard part.type == first.type, part.sizes.count == first.sizes.count,
                part.sizes.indices.allSatisfy({ part.sizes[$0] == first.sizes[$0] || (!addsAxis && $0 == axis) })
            else {
                throw RuntimeError(
                    .invalidModel, "\(part.type) \(part.sizes) cannot be joined with \(first.type) \(first.sizes)",
                    at: location)
            }
            total += addsAxis ? 1 : part.sizes[axis]
        }
        var sizes = first.sizes
        if addsAxis { sizes.insert(total, at: axis) } else { sizes[axis] = total }
        guard Shape.isCountable(sizes), let count = Shape.elementCount(sizes),
            let bytes = first.type.byteCount(of: count),
            bytes <= MemoryLimit.byteCount
        else {
            throw RuntimeError(.outOfMemory, "the tensor of shape \(Shape(sizes)) is too large", at: location)
        }
        if count == 0 { return RuntimeTensor(type: first.type, sizes: sizes, data: TensorData(bytes: [])) }
        let outer = sizes[..<axis].reduce(1, *)
        let inner = sizes[(axis + 1)...].reduce(1, *) * size
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes)
        for position in 0..<outer {
            for part in parts {
                let run = (addsAxis ? 1 : part.sizes[axis]) * inner
                part.data.withUnsafeBytes { joined.append(contentsOf: $0[position * run..<(position + 1) * run]) }
            }
        }
        return RuntimeTensor(type: first.type, sizes: sizes, data: TensorData(bytes: joined))
    }

    /// The elements of an integer tensor.
    func integers(at location: String) throws(RuntimeError) -> [Int] {
        switch type {
        case .int64: return data.elements(as: Int64.self).map { Int($0) }
        case .int32: return data.elements(as: Int32.self).map { Int($0) }
        default: throw RuntimeError(.invalidModel, "integers are needed, not \(type)", at: location)
        }
    }
}
