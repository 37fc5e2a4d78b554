import CKernels
import ModelGraph
import Operators

// Operators whose results are known when they are planned: their shapes depend on their operands' values.

extension Lowering {
    /// Writes bytes that are known by now.
    mutating func emitBytes(_ bytes: TensorData, to y: Tensor) throws(RuntimeError) {
        guard bytes.byteCount == y.byteCount else { throw unsupportedTypes() }
        guard bytes.byteCount > 0 else { return }
        var parameters = ck_copy()
        (parameters.inner, parameters.x_step, parameters.y_step, parameters.element_size) = (bytes.byteCount, 1, 1, 1)
        try emit(
            kernel(.copy, "bytes"), parameters,
            operands: [.constant(UnsafeRawPointer(try storage.copy(bytes))), .value(y.id)], units: 1,
            cost: bytes.byteCount / 16)
    }

    /// Writes whole numbers as y's type, int32 or int64.
    mutating func emitNumbers(_ numbers: [Int], to y: Tensor) throws(RuntimeError) {
        switch y.type {
        case .int64: try emitBytes(TensorData(numbers.map(Int64.init)), to: y)
        case .int32: try emitBytes(TensorData(numbers.map { Int32(truncatingIfNeeded: $0) }), to: y)
        case .int16: try emitBytes(TensorData(numbers.map { Int16(truncatingIfNeeded: $0) }), to: y)
        default: throw unsupportedTypes()
        }
    }

    /// Gathers parts of an axis of x, or of all its elements, that are known by now.
    fileprivate mutating func emitParts(_ x: Tensor, axis: Int?, _ places: [Int], to y: Tensor) throws(RuntimeError) {
        guard y.count > 0 else { return }
        var parameters = ck_gather()
        let stride = axis.map { x.strides[$0] } ?? 1
        parameters.outer = axis.map { x.sizes[..<$0].reduce(1, *) } ?? 1
        (parameters.count, parameters.extent) = (places.count, axis.map { x.sizes[$0] } ?? x.count)
        parameters.run = stride * (try elementSize(x))
        parameters.index_size = 8
        let indices = Operand.constant(UnsafeRawPointer(try storage.copy(TensorData(places.map(Int64.init)))))
        try emit(
            kernel(.gather, "bytes"), parameters, operands: [.value(x.id), indices, .value(y.id), .status],
            units: y.count / max(1, stride), cost: 4 + parameters.run / 16)
    }
}

extension Compress: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        _ = try lowering.constant(1, "conditions")
        let facts = lowering.inputs.map { $0?.facts }
        let found = try checked(at: lowering.location) { () throws(GraphError) in try places(from: facts) }
        guard let (axis, _, places) = found else { throw lowering.unsupportedTypes() }
        try lowering.emitParts(x, axis: axis, places, to: lowering.output)
    }
}

extension NonZero: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        _ = try lowering.constant(0, "elements")
        let facts = lowering.inputs.map { $0?.facts }
        let found = try checked(at: lowering.location) { () throws(GraphError) in try indices(from: facts) }
        guard let (_, indices) = found else { throw lowering.unsupportedTypes() }
        try lowering.emitBytes(TensorData(indices), to: lowering.output)
    }
}

extension Unique: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        _ = try lowering.constant(0, "elements")
        let found = try checked(at: lowering.location) { () throws(GraphError) in try find(in: [x.facts]) }
        guard let found else { throw lowering.unsupportedTypes() }
        let others = givesInverseOnly ? [found.inverse] : [found.firsts, found.inverse, found.counts]
        try lowering.emitParts(x, axis: found.axis, found.firsts, to: lowering.output)
        for (y, numbers) in zip(lowering.outputs.dropFirst(), others) { try lowering.emitNumbers(numbers, to: y) }
    }
}

extension NumberRange: Lowerable {
    /// Each number is the start plus a multiple of the delta; engines that add up the delta differ by roundings.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        try lowering.requireTable([y.count])
        let operands = [
            try lowering.constant(0, "starts"), try lowering.constant(1, "limits"), try lowering.constant(2, "deltas"),
        ]
        switch y.type {
        case .float64:
            let (start, delta) = (operands[0].elements(as: Double.self)[0], operands[2].elements(as: Double.self)[0])
            try lowering.emitBytes(TensorData((0..<y.count).map { start + Double($0) * delta }), to: y)
        case .float32:
            let (start, delta) = (operands[0].elements(as: Float.self)[0], operands[2].elements(as: Float.self)[0])
            try lowering.emitBytes(TensorData((0..<y.count).map { start + Float($0) * delta }), to: y)
        default:
            guard let start = operands[0].wholeNumbers(of: y.type)?.first,
                let delta = operands[2].wholeNumbers(of: y.type)?.first
            else { throw lowering.unsupportedTypes() }
            // All lie between the start and the limit.
            try lowering.emitNumbers((0..<y.count).map { start &+ $0 &* delta }, to: y)
        }
    }
}

extension EyeLike: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        let size = try lowering.elementSize(y)
        try lowering.emitFill(y, Array(repeating: 0, count: size))
        let (rows, columns) = (y.sizes[0], y.sizes[1])
        guard diagonal > -rows, diagonal < columns, let one = y.type.one else {
            guard y.type.one != nil else { throw lowering.unsupportedTypes() }
            return
        }
        let first = diagonal < 0 ? -diagonal * columns : diagonal
        let count = min(rows - max(0, -diagonal), columns - max(0, diagonal))
        try lowering.emitCopy(
            from: StridedView(y, strides: [0]), to: StridedView(y, offset: first, strides: [columns + 1]),
            sizes: [count], source: lowering.element(one))
    }
}

extension ElementType {
    /// The bytes of the number 1; nil for types that do not fill whole bytes.
    fileprivate var one: [UInt8]? {
        func bytes(_ value: some BitwiseCopyable) -> [UInt8] { withUnsafeBytes(of: value, Array.init) }
        switch self {
        case .float64: return bytes(Double(1))
        case .float32: return bytes(Float(1))
        case .float16: return bytes(UInt16(0x3c00))
        case .bfloat16: return bytes(UInt16(0x3f80))
        case .int64, .uint64: return bytes(Int64(1))
        case .int32, .uint32: return bytes(Int32(1))
        case .int16, .uint16: return bytes(Int16(1))
        case .int8, .uint8, .bool: return [1]
        default: return nil
        }
    }
}
