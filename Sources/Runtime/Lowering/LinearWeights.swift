import CKernels
import ModelGraph
import Operators

/// The constant operands of a linear operator as its kernel wants them: packed weights, and one entry of every other
/// array for each lane (output channels, each group padded to whole blocks).
struct LinearWeights {
    var packed: UnsafeRawPointer
    var bias: UnsafeRawPointer
    var sums: UnsafePointer<Int32>?
    /// The sums of the weights' magnitudes.
    var magnitudes: UnsafePointer<Int32>?
    var scales: UnsafePointer<Float>?
    var output = ck_requantization()

    let packing: ck_packing
    let lanes: Int

    /// - Parameters:
    ///   - weights: [group, output, tap, input].
    ///   - bias: [group · output].
    ///   - inputZeroPoint: folded into an int32 bias.
    init(
        float weights: TensorData, bias: TensorData?, packing: ck_packing, storage: Storage
    ) throws(RuntimeError) {
        self.packing = packing
        lanes = withUnsafePointer(to: packing) { ck_packed_lanes($0) }
        packed = try LinearWeights.pack(weights, packing, lanes: lanes, into: storage, isReadLater: true)
        self.bias = try LinearWeights.spread(
            bias?.elements(as: Float.self), packing, lanes: lanes, storage: storage)
    }

    init(
        int8 weights: TensorData, bias: TensorData?, inputZeroPoint: Int32, packing: ck_packing, storage: Storage
    ) throws(RuntimeError) {
        self.packing = packing
        lanes = withUnsafePointer(to: packing) { ck_packed_lanes($0) }
        packed = try LinearWeights.pack(weights, packing, lanes: lanes, into: storage)
        let (sums, magnitudes) = try LinearWeights.sum(weights, packing, lanes: lanes, into: storage)
        let spread: UnsafeMutablePointer<Int32> = try LinearWeights.spread(
            bias?.elements(as: Int32.self), packing, lanes: lanes, storage: storage)
        for lane in 0..<lanes { spread[lane] &-= inputZeroPoint &* sums[lane] }
        self.bias = UnsafeRawPointer(spread)
        self.sums = UnsafePointer(sums)
        self.magnitudes = UnsafePointer(magnitudes)
    }

    init(
        hybrid weights: TensorData, scales: [Float], bias: TensorData?, packing: ck_packing, storage: Storage
    ) throws(RuntimeError) {
        self.packing = packing
        lanes = withUnsafePointer(to: packing) { ck_packed_lanes($0) }
        packed = try LinearWeights.pack(weights, packing, lanes: lanes, into: storage)
        sums = UnsafePointer(try LinearWeights.sum(weights, packing, lanes: lanes, into: storage).sums)
        self.bias = try LinearWeights.spread(
            bias?.elements(as: Float.self), packing, lanes: lanes, storage: storage)
        self.scales = UnsafePointer(try LinearWeights.spread(scales, packing, lanes: lanes, storage: storage))
    }

    /// Sets how accumulators become the output's integers.
    ///
    /// - Parameters:
    ///   - factors: input scale · weight scale / output scale of each channel.
    mutating func requantize(
        factors: [Double], to scale: AffineScale, bounds: (lower: Int32, upper: Int32), storage: Storage
    ) throws(RuntimeError) {
        let multipliers = factors.map(QuantizedMultiplier.init)
        func spread<Element: BitwiseCopyable>(_ values: [Element]) throws(RuntimeError) -> UnsafePointer<Element> {
            UnsafePointer(try LinearWeights.spread(values, packing, lanes: lanes, storage: storage))
        }
        output.multiplier = try spread(multipliers.map(\.multiplier))
        output.left = try spread(multipliers.map(\.left))
        output.right = try spread(multipliers.map(\.right))
        output.scale = try spread(factors)
        output.zero_point = scale.zeroPoint
        output.minimum = bounds.lower
        output.maximum = bounds.upper
    }

    /// Sets the factors by which MLAS scales accumulators, once and in single precision: to the output's integers, or to
    /// real numbers.
    mutating func scale(
        by factors: [Float], to scale: AffineScale?, range: ClosedRange<Int32>, storage: Storage
    ) throws(RuntimeError) {
        output.factor = UnsafePointer(try LinearWeights.spread(factors, packing, lanes: lanes, storage: storage))
        output.zero_point = scale?.zeroPoint ?? 0
        (output.minimum, output.maximum) = (range.lowerBound, range.upperBound)
    }

    /// - Parameter isReadLater: whether nothing reads the weights before the plan is done.
    private static func pack(
        _ weights: TensorData, _ packing: ck_packing, lanes: Int, into storage: Storage, isReadLater: Bool = false
    ) throws(RuntimeError) -> UnsafeRawPointer {
        var packing = packing
        let padded = (packing.inputs + packing.depth - 1) / packing.depth * packing.depth
        guard let size = Shape.elementCount([lanes, packing.taps, padded, packing.element_size]),
            let count = Shape.elementCount(
                [packing.groups, packing.outputs, packing.taps, packing.inputs, packing.element_size]),
            count <= weights.byteCount
        else {
            throw RuntimeError(.outOfMemory, "packed weights take more memory than can be counted")
        }
        if isReadLater, let memory = try storage.memory(for: weights, packing, size) { return memory }
        guard let memory = try storage.weights(size) else { return UnsafeRawPointer(try storage.bytes(0)) }
        weights.withUnsafeBytes { ck_pack_linear(&packing, $0.baseAddress, memory) }
        return UnsafeRawPointer(memory)
    }

    private static func sum(
        _ weights: TensorData, _ packing: ck_packing, lanes: Int, into storage: Storage
    ) throws(RuntimeError) -> (sums: UnsafeMutablePointer<Int32>, magnitudes: UnsafeMutablePointer<Int32>) {
        var packing = packing
        let sums = try storage.elements(lanes, of: Int32.self)
        let magnitudes = try storage.elements(lanes, of: Int32.self)
        guard storage.holdsConstants else { return (sums, magnitudes) }
        weights.withUnsafeBytes {
            ck_sum_weights(&packing, $0.baseAddress?.assumingMemoryBound(to: Int8.self), sums, magnitudes)
        }
        return (sums, magnitudes)
    }

    /// One entry for each lane from one entry for each channel; lanes of padding are zero.
    static func spread<Element: BitwiseCopyable>(
        _ values: [Element]?, _ packing: ck_packing, lanes: Int, storage: Storage
    ) throws(RuntimeError) -> UnsafeMutablePointer<Element> {
        let spread = try storage.elements(lanes, of: Element.self)
        guard let values else { return spread }
        let stride = lanes / packing.groups
        for group in 0..<packing.groups {
            for output in 0..<packing.outputs {
                spread[group * stride + output] = values[group * packing.outputs + output]
            }
        }
        return spread
    }

    private static func spread<Element: BitwiseCopyable>(
        _ values: [Element]?, _ packing: ck_packing, lanes: Int, storage: Storage
    ) throws(RuntimeError) -> UnsafeRawPointer {
        let spread: UnsafeMutablePointer<Element> = try self.spread(values, packing, lanes: lanes, storage: storage)
        return UnsafeRawPointer(spread)
    }
}

/// How a linear operator computes, as the types of its operands say.
enum LinearArithmetic: String {
    case float32, int8
    /// Float activations that are quantized on the fly, int8 weights.
    case hybrid
    /// Types that the fast kernels do not have: 16-bit activations, weights with a zero point, double precision.
    case wide
}

extension Lowering {
    /// The arithmetic of the operands x, w and b.
    /// - Throws: `RuntimeError.unsupportedType` if there is none for their types.
    func linearArithmetic() throws(RuntimeError) -> LinearArithmetic {
        let x = try input(0)
        let w = try signedWeights()
        let bias = optionalInput(2)
        let arithmetic: LinearArithmetic
        switch (x.type, w.type, output.type) {
        case (.int8, .int8, .uint8) where storesUnsigned, (.uint8, .int8, .int8) where storesUnsigned,
            (.uint8, .int8, .uint8) where storesUnsigned:
            arithmetic = .int8
        case (.float32, .float32, .float32): arithmetic = .float32
        case (.int8, .int8, .int8): arithmetic = .int8
        case (.uint8, .int8, .uint8) where numerics == .onnxruntime: arithmetic = .int8
        case (.uint8, .int8, .float32), (.int8, .int8, .float32):
            guard numerics == .onnxruntime else { throw unsupportedTypes() }
            arithmetic = .int8
        case (.float32, .int8, .float32): arithmetic = .hybrid
        case (.uint8, .uint8, .uint8), (.int16, .int8, .int16):
            guard numerics != .onnxruntime else { throw unsupportedTypes() }
            return .wide
        case (.float64, .float64, .float64): return .wide
        default: throw unsupportedTypes()
        }
        guard bias == nil || bias?.type == (arithmetic == .int8 ? .int32 : .float32) else { throw unsupportedTypes() }
        return arithmetic
    }

    /// Sets how the accumulators of x · w become the output, by the plan's numerics.
    func requantize(
        _ packed: inout LinearWeights, _ x: AffineScale, _ weights: [Float], activation: Activation, allowsReal: Bool
    ) throws(RuntimeError) {
        let isReal = output.type == .float32
        guard numerics == .onnxruntime else {
            let to = try output.affineScale()
            if numerics == .xnnpack {
                let factors = singleFactors(x, weights, to)
                if XNNPACK.takes(factors) {
                    let bounds = try to.evenBounds(of: activation, in: output.integerRange, at: location)
                    return try packed.scale(
                        by: factors, to: to, range: bounds.lower...bounds.upper, storage: storage)
                }
                packed.output.rounds_up = 1
            }
            return try packed.requantize(
                factors: requantizationFactors(x, weights, to), to: to,
                bounds: try to.bounds(of: activation, in: output.byteRange, at: location), storage: storage)
        }
        guard !isReal || allowsReal && activation == .none else { throw unsupportedTypes() }
        let to = isReal ? nil : try output.affineScale()
        let bounds = try to?.bounds(of: activation, in: output.byteRange, at: location) ?? (lower: 0, upper: 0)
        try packed.scale(
            by: singleFactors(x, weights, to), to: to, range: bounds.lower...bounds.upper, storage: storage)
    }

    /// input scale · weight scale / output scale of each channel as onnxruntime computes it, and without the last step for a
    /// real result.
    func singleFactors(_ x: AffineScale, _ weights: [Float], _ y: AffineScale?) -> [Float] {
        weights.map { weight in y.map { x.scale * weight / $0.scale } ?? x.scale * weight }
    }

    /// Weights. uint8 weights around 128 become int8 weights around 0, as onnxruntime allows either; int4 weights become
    /// int8.
    func signedWeights(_ index: Int = 1) throws(RuntimeError) -> Tensor {
        var w = try input(index)
        if w.type == .int4, let constant = w.constant {
            w.type = .int8
            w.constant = TensorData(bytes: Lowering.unpacked(constant, count: w.count))
            return w
        }
        guard w.type == .uint8, numerics == .onnxruntime, let constant = w.constant,
            let parameters = w.quantization, parameters.zeroPoints.allSatisfy({ $0 == 128 })
        else { return w }
        w.type = .int8
        w.constant = TensorData(bytes: constant.elements(as: UInt8.self).map { $0 ^ 0x80 })
        w.quantization?.zeroPoints = Array(repeating: 0, count: parameters.zeroPoints.count)
        return w
    }

    /// Two's complement numbers of four bits, two in a byte from its low bits up, in a byte each.
    private static func unpacked(_ data: TensorData, count: Int) -> [UInt8] {
        data.withUnsafeBytes { packed in
            (0..<min(count, packed.count * 2)).map { index in
                let four = index % 2 == 0 ? packed[index / 2] << 4 : packed[index / 2]
                return UInt8(bitPattern: Int8(bitPattern: four) >> 4)
            }
        }
    }

    /// The bytes of the weights, as `signedWeights` has them.
    func weightBytes() throws(RuntimeError) -> TensorData {
        if let constant = try signedWeights().constant { return constant }
        return try constant(1, "weights")
    }

    func bias() throws(RuntimeError) -> TensorData? {
        guard optionalInput(2) != nil else { return nil }
        return try constant(2, "biases")
    }

    /// input scale · weight scale / output scale of each channel.
    func requantizationFactors(_ x: AffineScale, _ weights: [Float], _ y: AffineScale) -> [Double] {
        weights.map { Double(x.scale) * Double($0) / Double(y.scale) }
    }

    /// Emits the quantization of a dynamic-range operator's float input, row by row.
    ///
    /// - Parameters:
    ///   - frame: where a row that is an image stands in one with padding; its lines, and counts of elements.
    ///   - size: how many elements all of these have.
    ///   - flip: what the bytes are flipped by.
    /// - Returns: the operands int8 x and row quantizations.
    mutating func quantizeRows(
        _ x: Tensor, rows: Int, isAsymmetric: Bool,
        frame: (lines: Int, top: Int, left: Int, paddedLines: Int, paddedLine: Int) = (0, 0, 0, 0, 0), size: Int? = nil,
        flip: UInt8 = 0
    ) throws(RuntimeError) -> [Operand] {
        let count = x.count / rows
        let quantized = addScratch(size ?? x.count)
        let scales = addScratch(rows * MemoryLayout<ck_batch_quantization>.stride)
        try emit(
            kernel(.quantizeRows, "float32"),
            ck_quantize_rows(
                count: count, is_asymmetric: isAsymmetric ? 1 : 0, flip: flip, lines: frame.lines, top: frame.top,
                left: frame.left, padded_lines: frame.paddedLines, padded_line: frame.paddedLine),
            operands: [.value(x.id), quantized, scales], units: rows, cost: count * 4)
        return [quantized, scales]
    }
}
