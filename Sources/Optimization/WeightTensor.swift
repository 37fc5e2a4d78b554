import ModelGraph
import Operators
import Runtime

/// The weights of a linear operator as real numbers, seen by output channel.
package struct WeightTensor: Sendable {
    package var values: [Float]
    package let arrangement: WeightArrangement
    package var channels: Int { arrangement.channels }

    /// - Precondition: `values` fills `sizes`, `axis` is one of them, and `groups` divides the extent before it.
    package init(values: [Float], sizes: [Int], channelAxis axis: Int, groups: Int = 1) {
        self.values = values
        arrangement = WeightArrangement(sizes: sizes, channelAxis: axis, groups: groups)
        precondition(values.count == arrangement.count)
    }

    /// Whether all weights are finite.
    var isFinite: Bool {
        values.withUnsafeBufferPointer { values in
            TensorObservation.extremes(of: values) != nil || values.allSatisfy(\.isFinite)
        }
    }

    /// The indices of one channel's elements.
    package func forEachIndex(ofChannel channel: Int, _ body: (Int) -> Void) {
        arrangement.forEachIndex(ofChannel: channel, body)
    }

    /// The largest magnitude in each channel.
    package func maximumMagnitudes() -> [Float] {
        var largest = Array(repeating: Float(0), count: channels)
        values.withUnsafeBufferPointer { values in
            largest.withUnsafeMutableBufferPointer {
                WeightArithmetic.raise($0, toMagnitudesOf: values, from: 0, in: arrangement.layout)
            }
        }
        return largest
    }

    /// Each channel multiplied by its factor.
    package func scaled(by factors: [Float]) -> WeightTensor {
        guard factors.contains(where: { $0 != 1 }) else { return self }
        var result = self
        result.values.withUnsafeMutableBufferPointer { values in
            factors.withUnsafeBufferPointer { factors in
                WeightArithmetic.multiply(
                    UnsafeBufferPointer(values), from: 0, in: arrangement.layout, by: factors, into: values)
            }
        }
        return result
    }
}

extension Graph {
    /// The stored constant behind a value: itself, or what a Dequantize of a constant reads.
    package func constantSource(of id: ValueID, connections: GraphConnections) -> ValueID {
        guard self[id].constant == nil, let producer = connections.producer(of: id),
            self[producer].operation is Dequantize, case let input?? = self[producer].inputs.first
        else { return id }
        return input
    }
}
