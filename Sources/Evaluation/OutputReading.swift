import ModelGraph
import Runtime

/// Reads a model's outputs as real numbers.
package enum OutputReading {
    /// The elements of an output, quantized ones as (q − zeroPoint)·scale in float32.
    package static func reals(_ execution: Execution, _ index: Int) -> [Float] {
        execution.withOutput(index) { reals($0, as: execution.outputInfo(index)) }
    }

    /// Empty for types that hold no numbers.
    package static func reals(_ bytes: UnsafeRawBufferPointer, as tensor: TensorInfo) -> [Float] {
        guard let element = ArrayElement(tensor.type), element != .complex64, element != .complex128 else { return [] }
        var values = element.floats(bytes)
        if tensor.type.isInteger, let quantization = tensor.quantization, quantization.isPerTensor,
            quantization.scale > 0
        {
            let zeroPoint = Float(quantization.zeroPoint)
            let scale = quantization.scale
            for index in values.indices { values[index] = (values[index] - zeroPoint) * scale }
        }
        return values
    }
}
