import CKernels
import ModelGraph
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Transforms of lines that lie in two tensors.
private struct LineTransforms {
    /// The outer axes.
    var sizes: [Int]
    var xStrides: [Int]
    var yStrides: [Int]
    var length: Int
    var read: Int
    var xStep: Int
    var xComponents: Int
    var written: Int
    var yStep: Int
    var yComponents: Int
    var isInverse = false
    var isMirrored = false
}

extension Lowering {
    fileprivate mutating func emit(
        _ transforms: LineTransforms, from x: Operand, to y: Operand, window: Operand = .none
    ) throws(RuntimeError) {
        let lines = transforms.sizes.reduce(1, *)
        guard transforms.sizes.count <= Int(CK_DFT_AXES) else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_DFT_AXES + 2) axes are not supported", at: location)
        }
        var parameters = ck_dft()
        (parameters.slots, parameters.lines, parameters.rank) = (min(lines, 16), lines, transforms.sizes.count)
        parameters.sizes = axisTuple(transforms.sizes)
        parameters.x_strides = axisTuple(transforms.xStrides)
        parameters.y_strides = axisTuple(transforms.yStrides)
        parameters.length = transforms.length
        parameters.read = min(transforms.read, transforms.length)
        (parameters.x_step, parameters.x_components) = (transforms.xStep, transforms.xComponents)
        (parameters.written, parameters.y_step) = (transforms.written, transforms.yStep)
        parameters.y_components = transforms.yComponents
        parameters.is_inverse = transforms.isInverse ? 1 : 0
        parameters.is_mirrored = transforms.isMirrored ? 1 : 0
        let work = addScratch(saturatingProduct(parameters.slots, 8, transforms.length, MemoryLayout<Double>.stride))
        let depth = Int.bitWidth - transforms.length.leadingZeroBitCount
        try emit(
            kernel(.dft, "float32"), parameters, operands: [x, y, window, work], units: parameters.slots,
            cost: saturatingProduct(transforms.length, 16 * depth, lines / parameters.slots))
    }
}

extension FourierTransform: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == .float32, y.type == .float32 else { throw lowering.unsupportedTypes() }
        let given = lowering.optionalInput(1) == nil ? nil : try lowering.integers(1, "lengths of transforms").first
        let chosen = lowering.optionalInput(2) == nil ? nil : try lowering.integers(2, "axes").first
        let (axis, length) = try checked(at: lowering.location) { () throws(GraphError) in
            try transform(x: x.sizes, length: given, axis: chosen)
        }
        let outer = x.sizes.indices.filter { $0 != axis && $0 != x.sizes.count - 1 }
        let transforms = LineTransforms(
            sizes: outer.map { x.sizes[$0] }, xStrides: outer.map { x.strides[$0] },
            yStrides: outer.map { y.strides[$0] }, length: length, read: x.sizes[axis], xStep: x.strides[axis],
            xComponents: x.sizes[x.sizes.count - 1], written: y.sizes[axis], yStep: y.strides[axis],
            yComponents: y.sizes[y.sizes.count - 1], isInverse: isInverse, isMirrored: isInverse && isOneSided)
        try lowering.emit(transforms, from: .value(x.id), to: .value(y.id))
    }
}

extension ShortTimeFourierTransform: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats(except: [1, 3])
        let (x, y, window) = (try lowering.input(0), lowering.output, lowering.optionalInput(2))
        guard let step = try lowering.integers(1, "steps").first else { throw lowering.unsupportedTypes() }
        let given = lowering.optionalInput(3) == nil ? nil : try lowering.integers(3, "lengths of frames").first
        guard let length = given ?? window?.sizes[0] else { throw lowering.unsupportedTypes() }
        let components = x.sizes[2]
        let transforms = LineTransforms(
            sizes: [y.sizes[0], y.sizes[1]], xStrides: [x.sizes[1] * components, step * components],
            yStrides: [y.strides[0], y.strides[1]], length: length, read: length, xStep: components,
            xComponents: components, written: y.sizes[2], yStep: 2, yComponents: 2)
        try lowering.emit(
            transforms, from: .value(x.id), to: .value(y.id), window: window.map { .value($0.id) } ?? .none)
    }
}

extension RealFourierTransform2D: Lowerable {
    /// First the rows, then the columns of what they give.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let lengths = try lowering.integers(1, "lengths of transforms")
        guard x.type == .float32, y.type == .complex64, lengths.count == 2 else { throw lowering.unsupportedTypes() }
        let rank = x.sizes.count
        let outer = x.sizes[..<(rank - 2)].reduce(1, *)
        let (height, width) = (min(x.sizes[rank - 2], lengths[0]), x.sizes[rank - 1])
        let bins = lengths[1] / 2 + 1
        let rows = lowering.addScratch(saturatingProduct(outer, height, bins, 8))
        try lowering.emit(
            LineTransforms(
                sizes: [outer, height], xStrides: [x.sizes[rank - 2] * width, width],
                yStrides: [height * bins * 2, bins * 2], length: lengths[1], read: width, xStep: 1, xComponents: 1,
                written: bins, yStep: 2, yComponents: 2), from: .value(x.id), to: rows)
        try lowering.emit(
            LineTransforms(
                sizes: [outer, bins], xStrides: [height * bins * 2, 2], yStrides: [lengths[0] * bins * 2, 2],
                length: lengths[0], read: height, xStep: bins * 2, xComponents: 2, written: lengths[0],
                yStep: bins * 2, yComponents: 2), from: rows, to: .value(y.id))
    }
}

extension Lowering {
    /// Real numbers that are known while planning, as the output.
    fileprivate mutating func emitReals(_ values: [Double]) throws(RuntimeError) {
        switch output.type {
        case .float64: try emitConstant(TensorData(values))
        case .float32: try emitConstant(TensorData(values.map { Float($0) }))
        default: throw unsupportedTypes()
        }
    }

    /// The one number of a constant operand.
    fileprivate func number(_ index: Int, _ role: String) throws(RuntimeError) -> Double {
        let data = try constant(index, role)
        let value: Double? =
            switch try input(index).type {
            case .float32: data.elements(as: Float.self).first.map(Double.init)
            case .float64: data.elements(as: Double.self).first
            case .int32: data.elements(as: Int32.self).first.map(Double.init)
            case .int64: data.elements(as: Int64.self).first.map { Double($0) }
            default: nil
            }
        guard let value else { throw unsupportedTypes() }
        return value
    }
}

extension WindowFunction: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let length = lowering.output.count
        try lowering.requireTable([length])
        let (a, b, c) = coefficients
        let period = Double(isPeriodic ? length : length - 1)
        try lowering.emitReals(
            (0..<length).map { index in
                // A window of one element has no slope.
                let angle = period == 0 ? 0 : 2 * Double.pi * Double(index) / period
                return a - b * cos(angle) + c * cos(2 * angle)
            })
    }
}

extension MelWeightMatrix: Lowerable {
    /// Band edges lie evenly on the mel scale, 2595·log₁₀(1 + f/700), and are rounded down to bins.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (bands, length) = (try lowering.number(0, "numbers of bands"), try lowering.number(1, "lengths"))
        let rate = try lowering.number(2, "sample rates")
        func mel(_ frequency: Double) -> Double { 2595 * log10(1 + frequency / 700) }
        let low = mel(try lowering.number(3, "frequencies")), high = mel(try lowering.number(4, "frequencies"))
        let (bins, columns) = (lowering.output.sizes[0], lowering.output.sizes[1])
        try lowering.requireTable([lowering.output.count, columns])
        let edges = (0..<columns + 2).map { index -> Int in
            let frequency = 700 * (exp10((low + Double(index) * (high - low) / (bands + 2)) / 2595) - 1)
            let bin = ((length + 1) * frequency / rate).rounded(.down)
            return bin.isFinite ? Int(max(-1, min(bin, Double(bins)))) : -1
        }
        guard edges.allSatisfy((0..<bins).contains) else {
            throw RuntimeError(
                .invalidModel, "bands beyond the \(bins) bins of the spectrum", at: lowering.location)
        }
        var weights = Array(repeating: 0.0, count: bins * columns)
        for band in 0..<columns {
            let (left, center, right) = (edges[band], edges[band + 1], edges[band + 2])
            guard left <= center, center <= right else {
                throw RuntimeError(.invalidModel, "frequencies that do not rise", at: lowering.location)
            }
            if left == center { weights[center * columns + band] = 1 }
            for bin in left..<max(left, center) {
                weights[bin * columns + band] = Double(bin - left) / Double(center - left)
            }
            if left < center { weights[center * columns + band] = 1 }
            for bin in center..<max(center, right) {
                weights[bin * columns + band] = Double(right - bin) / Double(right - center)
            }
        }
        try lowering.emitReals(weights)
    }
}

private func exp10(_ x: Double) -> Double { pow(10, x) }
