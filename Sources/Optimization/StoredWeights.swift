import ModelGraph
import Operators

/// The weights of a linear operator where they are stored, as the real numbers that they stand for.
///
/// They are read block by block, so that a large layer takes no memory but a block's; what has been read of a mapped file
/// is let go.
package struct StoredWeights: Sendable {
    package let data: TensorData
    package let arrangement: WeightArrangement
    private let type: ElementType
    /// What int8 weights stand for; nil for real numbers.
    private let quantization: Quantization?

    /// - Returns: nil if the weights are neither real numbers nor int8 with a scale for each channel or for all.
    package init?(_ group: LinearGroup, in graph: Graph, connections: GraphConnections) {
        let value = graph[graph.constantSource(of: group.weights, connections: connections)]
        guard let data = value.constant, !value.isSparse, !value.isVariable else { return nil }
        let sizes: [Int]
        if value.type.isReal, let extents = graph[group.weights].shape?.sizes {
            quantization = nil
            sizes = extents
        } else if value.type == .int8, let parameters = value.quantization, let extents = value.shape?.sizes,
            group.weightGroups == 1, extents.count > group.channelAxis,
            parameters.scales.count == 1 || parameters.scales.count == extents[group.channelAxis]
        {
            quantization = parameters
            sizes = extents
        } else {
            return nil
        }
        guard let count = Shape.elementCount(sizes), value.type.byteCount(of: count) == data.byteCount else {
            return nil
        }
        self.data = data
        type = value.type
        arrangement = WeightArrangement(sizes: sizes, channelAxis: group.channelAxis, groups: group.weightGroups)
    }

    package init(real data: TensorData, type: ElementType, arrangement: WeightArrangement) {
        precondition(type.isReal && type.byteCount(of: arrangement.count) == data.byteCount)
        self.data = data
        self.type = type
        self.arrangement = arrangement
        quantization = nil
    }

    /// Whether the weights are stored as real numbers.
    package var isReal: Bool { quantization == nil }

    /// Elements that are read at once.
    private static let blockSize = 1 << 16

    /// Reads all weights in the order of memory.
    ///
    /// - Parameter body: is given where a block begins and its real numbers, which it may change.
    @inline(__always)
    package func forEachBlock(_ body: (_ start: Int, _ values: UnsafeMutableBufferPointer<Float>) -> Void) {
        let count = arrangement.count
        withUnsafeTemporaryAllocation(of: Float.self, capacity: min(count, Self.blockSize)) { buffer in
            var start = 0
            while start < count {
                let block = UnsafeMutableBufferPointer(rebasing: buffer.prefix(count - start))
                read(start, into: block)
                body(start, block)
                start += block.count
            }
        }
    }

    /// Reads as many weights as there is room for.
    fileprivate func read(_ start: Int, into values: UnsafeMutableBufferPointer<Float>) {
        let width = (type.bitWidth ?? 8) / 8
        let range = start * width..<(start + values.count) * width
        data.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[range])
            if type == .int8 {
                for index in values.indices { values[index] = Float(Int8(bitPattern: bytes[index])) }
            } else {
                type.widen(bytes, into: values)
            }
        }
        data.release(range)
        guard let quantization else { return }
        let isShared = quantization.scales.count == 1
        arrangement.forEachRun(in: start..<start + values.count) { channel, run in
            let scale = quantization.scales[isShared ? 0 : channel]
            let zeroPoint = Float(quantization.zeroPoints[isShared ? 0 : channel])
            for index in run { values[index - start] = (values[index - start] - zeroPoint) * scale }
        }
    }

    /// The largest magnitude in each channel.
    package func maximumMagnitudes() -> [Float] {
        var largest = Array(repeating: Float(0), count: arrangement.channels)
        largest.withUnsafeMutableBufferPointer { largest in
            forEachBlock { start, values in
                arrangement.forEachRun(in: start..<start + values.count) { channel, run in
                    var most = largest[channel]
                    for index in run { most = max(most, abs(values[index - start])) }
                    largest[channel] = most
                }
            }
        }
        return largest
    }

    /// The share of elements that are zero.
    package var sparsity: Double {
        var zeros = 0
        forEachBlock { _, values in zeros += values.zeroCount }
        return arrangement.count == 0 ? 0 : Double(zeros) / Double(arrangement.count)
    }

    /// The share of zeros, and the signal-to-noise ratio in dB against other weights of as many elements, both multiplied
    /// by a factor for each channel.
    ///
    /// - Returns: nil for the ratio where nothing was lost.
    package func comparison(
        scaledBy factors: [Float], with original: StoredWeights, scaledBy originalFactors: [Float]
    ) -> (sparsity: Double, signalToNoise: Double?) {
        var zeros = 0
        var ratio = SignalToNoise()
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.blockSize) { buffer in
            forEachBlock { start, values in
                zeros += values.zeroCount
                let count = min(values.count, original.arrangement.count - start)
                guard count > 0 else { return }
                let before = UnsafeMutableBufferPointer(rebasing: buffer.prefix(count))
                original.read(start, into: before)
                original.arrangement.scale(before, from: start, by: originalFactors)
                arrangement.scale(values, from: start, by: factors)
                for index in 0..<count { ratio.add(before[index], values[index]) }
            }
        }
        return (arrangement.count == 0 ? 0 : Double(zeros) / Double(arrangement.count), ratio.decibels)
    }
}

extension UnsafeMutableBufferPointer<Float> {
    fileprivate var zeroCount: Int {
        var zeros: Int32 = 0
        for index in indices { zeros &+= self[index] == 0 ? 1 : 0 }
        return Int(zeros)
    }
}

extension WeightArrangement {
    /// Multiplies a part of the weights, which begins at `start`, by its channels' factors.
    fileprivate func scale(_ values: UnsafeMutableBufferPointer<Float>, from start: Int, by factors: [Float]) {
        guard factors.contains(where: { $0 != 1 }) else { return }
        forEachRun(in: start..<start + values.count) { channel, run in
            for index in run { values[index - start] *= factors[channel] }
        }
    }
}

/// How much of a signal is left, gathered element by element.
struct SignalToNoise {
    private var signal = 0.0
    private var noise = 0.0

    @inline(__always)
    mutating func add(_ original: Float, _ approximate: Float) {
        signal += Double(original) * Double(original)
        noise += Double(original - approximate) * Double(original - approximate)
    }

    /// nil if nothing was lost.
    var decibels: Double? { noise > 0 && signal > 0 ? 10 * (signal / noise).log10 : nil }
}

extension LinearGroup {
    /// Whether the group's weights are stored as real numbers.
    package func hasRealWeights(in graph: Graph, connections: GraphConnections) -> Bool {
        StoredWeights(self, in: graph, connections: connections)?.isReal ?? false
    }
}

extension ElementType {
    /// Whether passes can read the type's elements as real numbers.
    var isReal: Bool {
        switch self {
        case .float32, .float16, .bfloat16, .float64: true
        default: false
        }
    }

    /// Elements as float32.
    ///
    /// - Precondition: the type `isReal`, and there are bytes for all values.
    fileprivate func widen(_ bytes: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .float16:
            for index in values.indices {
                values[index] = Float(halfBits: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
            }
        case .bfloat16:
            for index in values.indices {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
                values[index] = Float(bitPattern: UInt32(bits) << 16)
            }
        case .float64:
            for index in values.indices {
                values[index] = Float(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
            }
        default: UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
        }
    }
}

extension Graph {
    /// Whether a value is a constant of real numbers that passes can read, directly or behind Dequantize.
    package func isRealConstant(_ id: ValueID, connections: GraphConnections) -> Bool {
        let value = self[constantSource(of: id, connections: connections)]
        return value.constant != nil && !value.isSparse && !value.isVariable && value.type.isReal
    }

    /// The real numbers of a constant: float32, or float16 and narrower types widened, directly or behind Dequantize.
    ///
    /// - Returns: nil if the value is not constant, is sparse, or holds integers.
    package func realConstant(_ id: ValueID, connections: GraphConnections) -> [Float]? {
        guard isRealConstant(id, connections: connections),
            case let value = self[constantSource(of: id, connections: connections)], let data = value.constant
        else { return nil }
        let count = data.byteCount / ((value.type.bitWidth ?? 32) / 8)
        let elements = [Float](unsafeUninitializedCapacity: count) { values, initialized in
            let used = UnsafeMutableBufferPointer(rebasing: values.prefix(count))
            data.withUnsafeBytes { bytes in
                let whole = bytes.prefix(count * ((value.type.bitWidth ?? 32) / 8))
                value.type.widen(UnsafeRawBufferPointer(rebasing: whole), into: used)
            }
            initialized = count
        }
        data.release()
        return elements
    }
}
