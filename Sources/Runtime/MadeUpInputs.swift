import ModelGraph

/// Inputs to measure speed with, or to see whether two plans agree: numbers without a meaning, the same each time.
package struct MadeUpInputs {
    private var state: UInt32

    package init(seed: UInt32 = 1) { state = seed }

    /// The types whose numbers differ from one to the next.
    package static let varied: Set<ElementType> = [.float32, .int8, .uint8]

    /// Reals in 0..<1, bytes of all values; other integers are 0, which is an index wherever one is wanted.
    package mutating func fill(_ buffer: UnsafeMutableRawBufferPointer, as tensor: TensorInfo) {
        switch tensor.type {
        case .float32:
            buffer.withMemoryRebound(to: Float.self) { values in
                for index in values.indices { values[index] = Float(next() >> 8) * 0x1p-24 }
            }
        case .int8, .uint8:
            for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: next() >> 24) }
        default:
            for index in buffer.indices { buffer[index] = 0 }
        }
    }

    private mutating func next() -> UInt32 {
        state = state &* 1_664_525 &+ 1_013_904_223
        return state
    }
}
