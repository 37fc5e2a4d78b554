import ModelGraph

/// The conventions of the engines that will run the integers.
package struct QuantizationTarget: Sendable, Equatable {
    package var format: ModelFormat
    /// The type of activations: int8 or uint8.
    package var activations: ElementType

    /// - Parameter activations: nil for the format's default: int8 for .tflite, which knows nothing else, and uint8 for
    ///   .onnx, which onnxruntime multiplies with int8 weights fastest on x86.
    package init(format: ModelFormat, activations: ElementType? = nil) {
        self.format = format
        self.activations = format == .tflite ? .int8 : activations ?? .uint8
    }

    /// Parameters that are given for int8 as those of the activations' type: they stand for the same numbers.
    package func parameters(_ signed: Quantization) -> Quantization {
        guard activations == .uint8 else { return signed }
        var parameters = signed
        parameters.zeroPoints = signed.zeroPoints.map { $0 + 128 }
        return parameters
    }

    /// The integers that are nearest to the values.
    func integers(_ values: [Float], _ quantization: Quantization) -> TensorData {
        let limits: ClosedRange<Float> = activations == .uint8 ? 0...255 : -128...127
        let rounding: FloatingPointRoundingRule = format == .onnx ? .toNearestOrEven : .toNearestOrAwayFromZero
        let integers = values.map { value in
            let integer = (value / quantization.scale).rounded(rounding) + Float(quantization.zeroPoint)
            return integer.isNaN ? 0 : max(limits.lowerBound, min(limits.upperBound, integer))
        }
        return activations == .uint8 ? TensorData(integers.map { UInt8($0) }) : TensorData(integers.map { Int8($0) })
    }

    /// The part of a group that the format can compute in one integer operator once its chain is folded.
    func foldable(_ group: LinearGroup, in graph: Graph) -> LinearGroup {
        guard format == .onnx else { return group }
        return group.takesBias ? group.withoutSeparateActivation(in: graph) : group.withoutChain(in: graph)
    }
}

extension LinearGroup {
    /// The linear operator alone, as it stands.
    func withoutChain(in graph: Graph) -> LinearGroup {
        var group = self
        group.chain = []
        group.affine = .identity(channels: channels)
        group.output = graph[linear].outputs[0]
        return group
    }
}

extension Value {
    /// Whether the tensor holds 8-bit integers that stand for real numbers.
    var isActivation: Bool { (type == .int8 || type == .uint8) && quantization != nil }
}
