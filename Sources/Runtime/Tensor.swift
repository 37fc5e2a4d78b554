import ModelGraph
import Operators

/// A value with everything known of it while planning.
struct Tensor {
    var id: ValueID
    /// As errors name it.
    var description: String
    var name: String
    var type: ElementType
    /// The extents as stored.
    var sizes: [Int]
    var byteCount: Int
    /// Of the elements as stored.
    var quantization: Quantization?
    var constant: TensorData?
    /// Whether it keeps its content from run to run.
    var isState = false
    /// Whether the model has the channels at axis 1, and they are stored last.
    var isMoved = false
    /// What it is to be made of, if nothing has made it yet.
    var source: ImageSource?

    var count: Int { sizes.reduce(1, *) }

    /// Bytes between elements that lie `axis` positions apart, counted in elements.
    var strides: [Int] {
        var strides = Array(repeating: 1, count: sizes.count)
        for axis in sizes.indices.reversed().dropFirst() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
        return strides
    }
}

extension Tensor {
    /// The tensor as a constant without elements.
    var emptied: Tensor {
        var result = self
        result.constant = TensorData(bytes: [])
        return result
    }

    /// The extents as the model has them.
    var modelSizes: [Int] { isMoved ? ChannelOrder.toFirst(rank: sizes.count).map { sizes[$0] } : sizes }

    /// What the operators' rules see: the tensor as the model has it.
    var facts: TensorFacts {
        TensorFacts(type: type, shape: Shape(modelSizes), constant: isMoved ? nil : constant)
    }

    /// The tensor as the model has it.
    func info(channelAxis: Int) -> TensorInfo {
        var parameters = quantization
        if isMoved, let axis = quantization?.axis {
            parameters?.axis = ChannelOrder.toLast(rank: sizes.count)[axis]
        }
        return TensorInfo(
            value: id, name: name, type: type, shape: modelSizes, quantization: parameters, channelAxis: channelAxis)
    }
}

/// The one scale and zero point of a tensor.
struct AffineScale: Equatable {
    var scale: Float
    var zeroPoint: Int32
}

extension Tensor {
    /// - Throws: `RuntimeError.invalidModel` if there is not one scale, or it is not a positive finite number, or the
    ///   zero point is no value of the type.
    func affineScale() throws(RuntimeError) -> AffineScale {
        guard let quantization, quantization.blockSize == nil, quantization.scales.count == 1,
            quantization.zeroPoints.count == 1
        else {
            throw RuntimeError(.invalidModel, "there is not one scale and zero point", at: description)
        }
        try Tensor.check(quantization, in: type, at: description)
        return AffineScale(scale: quantization.scales[0], zeroPoint: Int32(quantization.zeroPoints[0]))
    }

    /// The scale of each channel of symmetric weights; one scale stands for all channels.
    ///
    /// - Parameter axis: the axis of the channels.
    /// - Throws: `RuntimeError` if there is not one scale for each channel, or a zero point is not 0.
    func channelScales(axis: Int) throws(RuntimeError) -> [Float] {
        let channels = sizes[axis]
        guard let quantization, quantization.blockSize == nil,
            quantization.scales.count == quantization.zeroPoints.count,
            quantization.scales.count == 1 || quantization.scales.count == channels && quantization.axis == axis
        else {
            throw RuntimeError(
                .invalidModel,
                "there is neither one scale nor one for each of the \(channels) channels of axis \(axis)",
                at: description)
        }
        try Tensor.check(quantization, in: type, at: description)
        guard quantization.zeroPoints.allSatisfy({ $0 == 0 }) else {
            throw RuntimeError(.unsupportedType, "weights with a zero point other than 0", at: description)
        }
        guard quantization.scales.count == 1 else { return quantization.scales }
        return Array(repeating: quantization.scales[0], count: channels)
    }

    static func check(_ quantization: Quantization, in type: ElementType, at location: String) throws(RuntimeError) {
        for scale in quantization.scales where !(scale.isFinite && scale > 0) {
            throw RuntimeError(.invalidModel, "the scale \(scale) is not a positive number", at: location)
        }
        let allowed: ClosedRange<Int64> =
            switch type {
            case .int8: -128...127
            case .uint8: 0...255
            case .int16: -32768...32767
            default: Int64(Int32.min)...Int64(Int32.max)
            }
        for zeroPoint in quantization.zeroPoints where !allowed.contains(zeroPoint) {
            throw RuntimeError(.invalidModel, "the zero point \(zeroPoint) is no value of \(type)", at: location)
        }
    }
}

extension Tensor {
    /// What makes signed bytes of the tensor's by exclusive or.
    var signedFlip: UInt8 { type == .uint8 ? 0x80 : 0 }
    /// What makes unsigned bytes of the tensor's by exclusive or.
    var unsignedFlip: UInt8 { type == .int8 ? 0x80 : 0 }
    /// The values of the type, for types of 8 bits.
    var byteRange: ClosedRange<Int32> { type == .uint8 ? 0...255 : -128...127 }

    /// The scale, with the zero point that the tensor has as signed bytes.
    func signedScale() throws(RuntimeError) -> AffineScale {
        var scale = try affineScale()
        if type == .uint8 { scale.zeroPoint -= 128 }
        return scale
    }

    /// The scale, with the zero point that the tensor has as unsigned bytes.
    func unsignedScale() throws(RuntimeError) -> AffineScale {
        var scale = try affineScale()
        if type == .int8 { scale.zeroPoint += 128 }
        return scale
    }
}

extension AffineScale {
    /// Where an activation clamps a quantized result: zero point + round(bound / scale), within the type.
    ///
    /// - Throws: `RuntimeError.unsupportedOperator` for an activation that does more than clamp.
    func bounds(
        of activation: Activation, in range: ClosedRange<Int32> = -128...127, at location: String
    ) throws(RuntimeError) -> (lower: Int32, upper: Int32) {
        let bounds = try activation.clampingBounds(at: location)
        func quantized(_ bound: Float) -> Int32 {
            if bound == -.infinity { return range.lowerBound }
            if bound == .infinity { return range.upperBound }
            let steps = (bound / scale).rounded(.toNearestOrAwayFromZero)
            // Far outside of any type's range, and exact.
            let limited = Int32(max(-65536, min(65536, steps)))
            return max(range.lowerBound, min(range.upperBound, zeroPoint + limited))
        }
        return (quantized(bounds.lower), quantized(bounds.upper))
    }
}

extension Activation {
    /// - Throws: `RuntimeError.unsupportedOperator` for an activation that does more than clamp.
    func clampingBounds(at location: String) throws(RuntimeError) -> (lower: Float, upper: Float) {
        guard let bounds else {
            throw RuntimeError(.unsupportedOperator, "the fused activation \(rawValue) is not supported", at: location)
        }
        return bounds
    }
}
