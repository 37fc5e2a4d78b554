import CKernels
import ModelGraph
import Operators

extension Resize: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, x.isMoved else { return nil }
        return StoredForm(self, operands: [.channelsLast], movesResult: true)
    }
}

extension Resize: Lowerable {
    /// One axis after the other.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        let scales = try lowering.elements(2, "scales", as: Float.self)
        let sizes = scales == nil && lowering.optionalInput(3) != nil ? try lowering.integers(3, "sizes") : nil
        let regions =
            coordinates == .cropAndResize ? try lowering.elements(1, "regions", as: Float.self) : nil
        var plan = try checked(at: lowering.location) { () throws(GraphError) -> [Resize.Axis] in
            try self.plan(x: x.modelSizes, regions: regions, scales: scales, sizes: sizes)
        }
        if x.isMoved { plan = ChannelOrder.toLast(rank: plan.count).map { plan[$0] } }
        var passes: [(axis: Int, taps: AxisTaps)] = []
        for (axis, entry) in plan.enumerated() {
            let taps = try AxisTaps(entry, self, at: lowering.location)
            if !taps.isIdentity(of: entry.input) { passes.append((axis, taps)) }
        }
        try lowering.emitResampling(x, passes, extrapolation: extrapolation)
    }
}

extension ResizeNearest: Lowerable {
    /// Source: LiteRT's reference kernel, in single precision.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        if x.quantization != nil, y.quantization != nil { _ = try lowering.requireSameScale(x, y) }
        try lowering.requireTable(Array(y.sizes[1...2]))
        var passes: [(axis: Int, taps: AxisTaps)] = []
        for axis in 1...2 {
            let (input, output) = (x.sizes[axis], y.sizes[axis])
            let scale =
                alignsCorners && output > 1
                ? Float(input - 1) / Float(output - 1) : Float(input) / Float(output)
            let indices = (0..<output).map { position -> Int64 in
                let at = (Float(position) + (usesHalfPixelCenters ? 0.5 : 0)) * scale
                let index = at.rounded(alignsCorners ? .toNearestOrAwayFromZero : .down)
                return Int64(max(0, min(index, Float(input - 1))))
            }
            let taps = AxisTaps(nearest: indices)
            if !taps.isIdentity(of: input) { passes.append((axis, taps)) }
        }
        try lowering.emitResampling(x, passes, extrapolation: 0)
    }
}

extension Lowering {
    /// The elements of a constant operand; nil if there is none or it has no elements.
    /// - Throws: `RuntimeError.unsupportedType` if they are of another width.
    func elements<Element: BitwiseCopyable>(
        _ index: Int, _ role: String, as type: Element.Type
    ) throws(RuntimeError) -> [Element]? {
        guard let operand = optionalInput(index), operand.count > 0 else { return nil }
        guard operand.type.bitWidth == MemoryLayout<Element>.size * 8 else { throw unsupportedTypes() }
        return try constant(index, role).elements(as: type)
    }

    /// Makes the output of x by one axis after the other.
    fileprivate mutating func emitResampling(
        _ x: Tensor, _ passes: [(axis: Int, taps: AxisTaps)], extrapolation: Float
    ) throws(RuntimeError) {
        let y = output
        guard !passes.isEmpty else { return try forwardInput() }
        var source = Operand.value(x.id)
        var sizes = x.sizes
        let width = try elementSize(x)
        let isReal = x.type == .float32 || x.type == .float64
        for (index, pass) in passes.enumerated() {
            guard isReal || pass.taps.count == 1 && !pass.taps.extrapolates else { throw unsupportedTypes() }
            let input = sizes[pass.axis]
            sizes[pass.axis] = pass.taps.indices.count / pass.taps.count
            let inner = sizes[(pass.axis + 1)...].reduce(1, *)
            guard let count = Shape.elementCount(sizes), let byteCount = x.type.byteCount(of: count) else {
                throw RuntimeError(.outOfMemory, "the tensor of shape \(Shape(sizes)) is too large", at: location)
            }
            let target = index == passes.count - 1 ? Operand.value(y.id) : addScratch(byteCount)
            let indices = try storage.copy(TensorData(pass.taps.indices))
            let weights = try storage.copy(TensorData(pass.taps.weights))
            let parameters = ck_resample(
                input: input, output: sizes[pass.axis], inner: isReal ? inner : inner * width, taps: pass.taps.count,
                indices: UnsafePointer(indices.assumingMemoryBound(to: Int64.self)),
                weights: UnsafePointer(weights.assumingMemoryBound(to: Float.self)), extrapolation: extrapolation)
            try emit(
                kernel(.resample, isReal ? x.type.rawValue : "bytes"), parameters, operands: [source, target],
                units: count / max(1, inner), cost: saturatingProduct(inner, pass.taps.count))
            source = target
        }
    }
}

/// Which elements of an axis make each element of the new one, and by how much: `count` of them for each.
struct AxisTaps {
    var count: Int
    /// A first index below zero stands for what lies outside.
    var indices: [Int64] = []
    var weights: [Float] = []
    var extrapolates = false

    init(nearest indices: [Int64]) {
        count = 1
        self.indices = indices
        weights = indices.map { _ in 1 }
    }

    func isIdentity(of extent: Int) -> Bool {
        guard indices.count == extent * count, !extrapolates else { return false }
        return (0..<extent).allSatisfy { position in
            (0..<count).allSatisfy { tap in
                let at = position * count + tap
                return weights[at] == 0 || weights[at] == 1 && indices[at] == Int64(position)
            }
        }
    }

    /// Source: ONNX's specification of Resize and its reference implementation.
    init(_ axis: Resize.Axis, _ resize: Resize, at location: String) throws(RuntimeError) {
        let shrinking = resize.antialiases ? min(axis.scale, 1) : 1
        // Taps reach from `first` to `1 − first` beside the element before the position.
        let first: Int
        switch resize.mode {
        case .nearest: first = 0
        case .linear: first = Int((-1 / shrinking).rounded(.down)) + 1
        case .cubic: first = Int((-2 / shrinking).rounded(.down)) + 1
        }
        count = resize.mode == .nearest ? 1 : 2 - 2 * first
        guard let total = Shape.elementCount([axis.output, count, 64]), total <= MemoryLimit.byteCount else {
            throw RuntimeError(.outOfMemory, "an axis of \(axis.output) elements is too large", at: location)
        }
        indices.reserveCapacity(axis.output * count)
        weights.reserveCapacity(axis.output * count)
        for position in 0..<axis.output {
            let at = AxisTaps.source(of: position, axis, resize)
            guard at.isFinite, resize.coordinates != .cropAndResize || at >= 0 && at <= Float(axis.input - 1) else {
                extrapolates = true
                indices += Array(repeating: -1, count: count)
                weights += Array(repeating: 0, count: count)
                continue
            }
            let limited = max(-1e9, min(1e9, at))
            let below = Int(limited.rounded(.up)) - 1
            let part = limited - Float(below)
            if resize.mode == .nearest {
                let index = below + (AxisTaps.takesNext(part, axis, resize) ? 1 : 0)
                indices.append(Int64(max(0, min(axis.input - 1, index))))
                weights.append(1)
                continue
            }
            var row = (0..<count).map { tap in
                let distance = Swift.abs((Float(first + tap) - part) * shrinking)
                return resize.mode == .linear
                    ? max(0, 1 - distance) : AxisTaps.cubic(distance, resize.cubicCoefficient)
            }
            if resize.excludesOutside {
                for tap in row.indices where !(0..<axis.input).contains(below + first + tap) { row[tap] = 0 }
            }
            let sum = row.reduce(0, +)
            if resize.antialiases || resize.excludesOutside, sum != 0 { row = row.map { $0 / sum } }
            weights += row
            indices += (0..<count).map { Int64(max(0, min(axis.input - 1, below + first + $0))) }
        }
    }

    /// Keys' cubic convolution.
    private static func cubic(_ x: Float, _ a: Float) -> Float {
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }

    /// - Parameter part: how far behind the element before it the position is, more than 0 and at most 1.
    private static func takesNext(_ part: Float, _ axis: Resize.Axis, _ resize: Resize) -> Bool {
        if part == 1 { return true }
        switch resize.rounding {
        case .preferFloor: return part > 0.5
        case .preferCeil: return part >= 0.5
        case .floor: return false
        case .ceil: return true
        case .bySize: return axis.scale < 1
        }
    }

    private static func source(of position: Int, _ axis: Resize.Axis, _ resize: Resize) -> Float {
        let (x, input) = (Float(position), Float(axis.input))
        let output = axis.scale * input
        let half = (x + 0.5) / axis.scale - 0.5
        switch resize.coordinates {
        case .halfPixel: return half
        case .halfPixelSymmetric: return input / 2 * (1 - Float(axis.output) / output) + half
        case .pytorchHalfPixel: return axis.output > 1 ? half : 0
        case .alignCorners: return output == 1 || axis.output == 1 ? 0 : x * (input - 1) / (output - 1)
        case .asymmetric: return x / axis.scale
        case .nearestHalfPixel: return (x + 0.5) / axis.scale
        case .cropAndResize:
            let (start, end) = axis.region
            if axis.output == 1 { return 0.5 * (start + end) * (input - 1) }
            return start * (input - 1) + x * (end - start) * (input - 1) / (output - 1)
        }
    }
}
