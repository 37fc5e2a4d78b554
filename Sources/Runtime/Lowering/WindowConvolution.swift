import CKernels
import ModelGraph
import Operators

/// A convolution, or a transposed one, for the kernel that takes any number of axes and any type. x and the result have
/// their channels last.
struct WindowConvolution {
    /// Elements between neighbours in the weights. The taps of all axes stand behind each other.
    struct Strides {
        var group: Int
        var tap: Int
        var input: Int
        var output: Int
    }

    var windows: [Window]
    var isTransposed = false
    /// `inputs` and `outputs` are the channels of one group.
    var groups: Int
    var inputs: Int
    var outputs: Int
    var strides: Strides
    /// The axis of the weights' output channels.
    var weightAxis: Int
    var activation = Activation.none
    /// Whether sums are scaled once, in double precision, as LiteRT's fully connected kernels do it.
    var scalesInDoublePrecision = false
    /// Which operands are x, w and the bias.
    var operands = (x: 0, w: 1, bias: 2)
}

extension ck_windows {
    /// - Precondition: as many axes as the kernels have at most.
    init(_ windows: [Window], isTransposed: Bool = false) {
        self.init()
        rank = windows.count
        withUnsafeMutableBytes(of: &input) { $0.fill(windows.map(\.input)) }
        withUnsafeMutableBytes(of: &output) { $0.fill(windows.map(\.output)) }
        withUnsafeMutableBytes(of: &kernel) { $0.fill(windows.map(\.kernel)) }
        withUnsafeMutableBytes(of: &stride) { $0.fill(windows.map(\.stride)) }
        withUnsafeMutableBytes(of: &dilation) { $0.fill(windows.map(\.dilation)) }
        withUnsafeMutableBytes(of: &before) { $0.fill(windows.map(\.before)) }
        is_transposed = isTransposed ? 1 : 0
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes numbers from the start on, as many as fit.
    func fill(_ values: [Int]) {
        for (index, value) in values.enumerated() where (index + 1) * MemoryLayout<Int>.stride <= count {
            storeBytes(of: value, toByteOffset: index * MemoryLayout<Int>.stride, as: Int.self)
        }
    }
}

extension Lowering {
    /// - Throws: `RuntimeError.unsupportedOperator` if there are more axes than the kernels have.
    func requireSpatialRank(_ rank: Int) throws(RuntimeError) {
        guard rank <= Int(CK_MAX_SPATIAL) else {
            throw RuntimeError(
                .unsupportedOperator, "windows over more than \(CK_MAX_SPATIAL) axes are not supported", at: location)
        }
    }

    mutating func emitWindowConvolution(_ convolution: WindowConvolution) throws(RuntimeError) {
        let (x, y) = (try input(convolution.operands.x), output)
        try requireSpatialRank(convolution.windows.count)
        guard x.type == y.type else { throw unsupportedTypes() }
        var parameters = ck_window_conv()
        parameters.windows = ck_windows(convolution.windows, isTransposed: convolution.isTransposed)
        (parameters.groups, parameters.inputs, parameters.outputs) = (
            convolution.groups, convolution.inputs, convolution.outputs
        )
        parameters.channels = convolution.groups * convolution.inputs
        switch x.type {
        case .float32: try setReal(&parameters, convolution, of: Float.self)
        case .float64: try setReal(&parameters, convolution, of: Double.self)
        case .int8, .uint8, .int16: try setInteger(&parameters, convolution)
        default: throw unsupportedTypes()
        }
        let taps = convolution.windows.reduce(1) { saturatingProduct($0, $1.kernel) }
        let channels = convolution.groups * convolution.outputs
        let cost = saturatingProduct(taps, convolution.inputs, channels)
        multiplyAdds = saturatingProduct(y.count / max(channels, 1), cost)
        try emit(
            kernel(.windowConv, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            units: y.count / max(channels, 1), cost: cost)
    }

    private func setReal<Element: BinaryFloatingPoint & BitwiseCopyable>(
        _ parameters: inout ck_window_conv, _ convolution: WindowConvolution, of type: Element.Type
    ) throws(RuntimeError) {
        let (x, w) = (try input(convolution.operands.x), try input(convolution.operands.w))
        let bias = optionalInput(convolution.operands.bias)
        guard w.type == x.type, bias == nil || bias?.type == x.type else { throw unsupportedTypes() }
        let data = try constant(convolution.operands.w, "weights")
        parameters.weights = UnsafeRawPointer(
            try repacked(data, convolution) { (element: Element) in element })
        if bias != nil {
            parameters.bias = UnsafeRawPointer(
                try storage.copy(try constant(convolution.operands.bias, "biases")))
        }
        (parameters.minimum, parameters.maximum) = try convolution.activation.clampingBounds(at: location)
    }

    /// LiteRT's reference kernels of integers. Weights of a zero point other than 0 have one scale.
    private func setInteger(
        _ parameters: inout ck_window_conv, _ convolution: WindowConvolution
    ) throws(RuntimeError) {
        let (x, y) = (try input(convolution.operands.x), output)
        let w = try input(convolution.operands.w)
        guard numerics != .onnxruntime else { throw unsupportedTypes() }
        let (from, to) = (try x.affineScale(), try y.affineScale())
        let channels = convolution.groups * convolution.outputs
        let bias = optionalInput(convolution.operands.bias)
        let factors: [Double]
        let singles: [Float]
        if w.type == .uint8 {
            guard x.type == .uint8 else { throw unsupportedTypes() }
            let scale = try w.affineScale()
            // The product of the two is in single precision.
            factors = Array(repeating: Double(from.scale * scale.scale) / Double(to.scale), count: channels)
            singles = Array(repeating: from.scale * scale.scale / to.scale, count: channels)
            let data = try constant(convolution.operands.w, "weights")
            let zeroPoint = Int16(truncatingIfNeeded: scale.zeroPoint)
            parameters.weights = UnsafeRawPointer(
                try repacked(data, convolution) { (element: UInt8) in Int16(element) - zeroPoint })
        } else {
            let signed = try signedWeights(convolution.operands.w)
            guard x.type != .uint8, signed.type == .int8, let data = signed.constant else {
                throw w.constant == nil
                    ? RuntimeError(
                        .unsupportedOperator, "weights that are computed while running are not supported", at: location)
                    : unsupportedTypes()
            }
            var scales = try w.channelScales(axis: convolution.weightAxis)
            // The weights of a transposed convolution have an axis for the outputs of one group only.
            if scales.count != channels, scales.count == convolution.outputs {
                scales = (0..<convolution.groups).flatMap { _ in scales }
            }
            guard scales.count == channels else {
                throw RuntimeError(
                    .invalidModel, "there are \(scales.count) scales for \(channels) channels", at: location)
            }
            factors = requantizationFactors(from, scales, to)
            singles = singleFactors(from, scales, to)
            parameters.weights = UnsafeRawPointer(
                try repacked(data, convolution) { (element: Int8) in Int16(element) })
        }
        if let bias {
            guard bias.type == .int32 || bias.type == .int64 else { throw unsupportedTypes() }
            let values = try integers(convolution.operands.bias, "biases").map(Int64.init)
            parameters.bias = UnsafeRawPointer(try storage.copy(TensorData(values)))
        }
        parameters.is_wide = x.type == .int16 && bias?.type != .int32 ? 1 : 0
        parameters.input_zero_point = from.zeroPoint
        let multipliers = factors.map(QuantizedMultiplier.init)
        func array<Element: BitwiseCopyable>(_ values: [Element]) throws(RuntimeError) -> UnsafePointer<Element> {
            let memory = try storage.elements(values.count, of: Element.self)
            for (index, value) in values.enumerated() { memory[index] = value }
            return UnsafePointer(memory)
        }
        parameters.output.multiplier = try array(multipliers.map(\.multiplier))
        parameters.output.left = try array(multipliers.map(\.left))
        parameters.output.right = try array(multipliers.map(\.right))
        if numerics == .xnnpack, x.type != .int16, XNNPACK.takes(singles) {
            parameters.output.factor = try array(singles)
        }
        if convolution.scalesInDoublePrecision { parameters.output.scale = try array(factors) }
        parameters.output.zero_point = to.zeroPoint
        let bounds =
            numerics == .xnnpack
            ? try to.evenBounds(of: convolution.activation, in: y.integerRange, at: location)
            : try to.bounds(of: convolution.activation, in: y.integerRange, at: location)
        (parameters.output.minimum, parameters.output.maximum) = bounds
    }

    /// The weights as the kernel has them: [group, tap, input, output].
    private func repacked<Stored: BitwiseCopyable, Element: BitwiseCopyable>(
        _ data: TensorData, _ convolution: WindowConvolution, _ convert: (Stored) -> Element
    ) throws(RuntimeError) -> UnsafeMutablePointer<Element> {
        let taps = convolution.windows.reduce(1) { saturatingProduct($0, $1.kernel) }
        let memory: UnsafeMutablePointer<Element> = try storage.elements(
            convolution.groups, taps, convolution.inputs, convolution.outputs)
        let strides = convolution.strides
        let isComplete = data.withUnsafeBytes { bytes -> Bool in
            let width = MemoryLayout<Stored>.stride
            guard bytes.count / width == convolution.groups * taps * convolution.inputs * convolution.outputs else {
                return false
            }
            var at = 0
            for group in 0..<convolution.groups {
                for tap in 0..<taps {
                    for input in 0..<convolution.inputs {
                        let start = group * strides.group + tap * strides.tap + input * strides.input
                        for output in 0..<convolution.outputs {
                            let offset = (start + output * strides.output) * width
                            memory[at] = convert(bytes.loadUnaligned(fromByteOffset: offset, as: Stored.self))
                            at += 1
                        }
                    }
                }
            }
            return true
        }
        guard isComplete else { throw RuntimeError(.invalidModel, "weights of another size", at: location) }
        return memory
    }
}

extension Tensor {
    /// The values of an integer type of 8 or 16 bits.
    var integerRange: ClosedRange<Int32> { type == .int16 ? -32768...32767 : byteRange }
}
