import ModelGraph
import Operators

/// The weights of a linear operator as real numbers, seen by output channel.
///
/// The element of channel `c` at (`o`, `i`) stands at (o · channels + c) · inner + i, where `inner` is the extent behind
/// the channel axis and `outer` the extent before it. In a transposed convolution with groups the outermost axis is split
/// among them, and each part holds other channels along the same axis.
package struct WeightTensor: Sendable {
    package var values: [Float]
    package let outer: Int
    package let channels: Int
    package let inner: Int
    /// The parts of the outermost axis that hold channels of their own.
    package let groups: Int

    /// - Precondition: `values` fills `sizes`, `axis` is one of them, and `groups` divides the extent before it.
    package init(values: [Float], sizes: [Int], channelAxis axis: Int, groups: Int = 1) {
        self.values = values
        outer = sizes[..<axis].reduce(1, *) / groups
        channels = sizes[axis] * groups
        inner = sizes[(axis + 1)...].reduce(1, *)
        self.groups = groups
        precondition(values.count == outer * channels * inner)
    }

    /// The indices of one channel's elements.
    package func forEachIndex(ofChannel channel: Int, _ body: (Int) -> Void) {
        let perGroup = channels / groups
        let (group, place) = channel.quotientAndRemainder(dividingBy: max(1, perGroup))
        for o in group * outer..<(group + 1) * outer {
            let start = (o * perGroup + place) * inner
            for index in start..<start + inner { body(index) }
        }
    }

    /// All elements in the order of memory, as runs of one channel.
    @inline(__always)
    package func forEachRun(_ body: (_ channel: Int, _ range: Range<Int>) -> Void) {
        let perGroup = channels / groups
        var start = 0
        for o in 0..<outer * groups {
            let first = o / max(1, outer) * perGroup
            for channel in first..<first + perGroup {
                body(channel, start..<start + inner)
                start += inner
            }
        }
    }

    /// The largest magnitude in each channel.
    package func maximumMagnitudes() -> [Float] {
        var largest = Array(repeating: Float(0), count: channels)
        values.withUnsafeBufferPointer { values in
            largest.withUnsafeMutableBufferPointer { largest in
                forEachRun { channel, range in
                    for index in range { largest[channel] = max(largest[channel], abs(values[index])) }
                }
            }
        }
        return largest
    }

    /// Each channel multiplied by its factor.
    package func scaled(by factors: [Float]) -> WeightTensor {
        guard factors.contains(where: { $0 != 1 }) else { return self }
        var result = self
        result.values.withUnsafeMutableBufferPointer { values in
            forEachRun { channel, range in
                for index in range { values[index] *= factors[channel] }
            }
        }
        return result
    }

    /// The share of elements that are zero.
    package var sparsity: Double {
        values.isEmpty ? 0 : Double(values.count(where: { $0 == 0 })) / Double(values.count)
    }
}

extension Graph {
    /// The real numbers of a constant: float32, or float16 and narrower types widened, directly or behind Dequantize.
    ///
    /// - Returns: nil if the value is not constant, is sparse, or holds integers.
    package func realConstant(_ id: ValueID, connections: GraphConnections) -> [Float]? {
        let source = constantSource(of: id, connections: connections)
        let value = self[source]
        guard let data = value.constant, !value.isSparse, !value.isVariable else { return nil }
        switch value.type {
        case .float32: return data.elements()
        case .float16: return data.elements(as: UInt16.self).map { Float(halfBits: $0) }
        case .bfloat16: return data.elements(as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        case .float64: return data.elements(as: Double.self).map { Float($0) }
        default: return nil
        }
    }

    /// The stored constant behind a value: itself, or what a Dequantize of a constant reads.
    package func constantSource(of id: ValueID, connections: GraphConnections) -> ValueID {
        guard self[id].constant == nil, let producer = connections.producer(of: id),
            self[producer].operation is Dequantize, case let input?? = self[producer].inputs.first
        else { return id }
        return input
    }
}
