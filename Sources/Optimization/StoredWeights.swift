import ModelGraph
import Operators
import Runtime

/// The weights of a linear operator where they are stored, as the real numbers that they stand for.
///
/// They are read block by block, so that a large layer takes no memory but a block's; what has been read of a mapped file
/// is let go.
package struct StoredWeights: Sendable {
    package let data: TensorData
    package let arrangement: WeightArrangement
    private let type: ElementType
    /// What int8 weights stand for, for each channel; nil for real numbers.
    private let quantization: (scales: [Float], zeroPoints: [Float])?

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
            case let channels = extents[group.channelAxis], channels == group.channels,
            parameters.scales.count == 1
                || parameters.scales.count == channels && parameters.axis == group.channelAxis
        {
            let isShared = parameters.scales.count == 1
            quantization = (
                isShared ? Array(repeating: parameters.scales[0], count: channels) : parameters.scales,
                (0..<channels).map { Float(parameters.zeroPoints[isShared ? 0 : $0]) }
            )
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

    /// Elements that are read at once: with what is made of them they stay in a core's cache.
    private static let blockSize = 1 << 13

    /// Bytes of a layer that may stay in memory between two readings that follow each other.
    private static let keptByteCount = 8 << 20

    /// Reads all weights in the order of memory.
    ///
    /// - Parameter body: is given where a block begins and its real numbers.
    package func forEachBlock(_ body: (_ start: Int, _ values: UnsafeBufferPointer<Float>) -> Void) {
        forEachBlock(of: 0..<arrangement.count, isReadAgain: false, body)
    }

    /// Reads a part of the weights in the order of memory.
    ///
    /// - Parameter isReadAgain: whether the part will be read once more right away; what is not too large stays in memory then.
    private func forEachBlock(
        of elements: Range<Int>, isReadAgain: Bool, _ body: (_ start: Int, _ values: UnsafeBufferPointer<Float>) -> Void
    ) {
        let releases = !isReadAgain || elements.count > Self.keptByteCount / width
        withUnsafeTemporaryAllocation(of: Float.self, capacity: min(elements.count, Self.blockSize)) { buffer in
            var start = elements.lowerBound
            var released = start
            while start < elements.upperBound {
                let size = min(elements.upperBound - start, Self.blockSize)
                withBlock(start, size, buffer) { body(start, $0) }
                start += size
                if releases, start == elements.upperBound || start - released >= 32 * Self.blockSize {
                    data.release(released * width..<start * width)
                    released = start
                }
            }
        }
    }

    /// Bytes of an element.
    private var width: Int { (type.bitWidth ?? 8) / 8 }

    /// Reads some weights: where they are, if they are floats there.
    ///
    /// - Parameter buffer: has room for them.
    private func withBlock(
        _ start: Int, _ count: Int, _ buffer: UnsafeMutableBufferPointer<Float>,
        _ body: (UnsafeBufferPointer<Float>) -> Void
    ) {
        let values = UnsafeMutableBufferPointer(rebasing: buffer.prefix(count))
        data.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[start * width..<(start + count) * width])
            if let quantization {
                dequantize(bytes, from: start, quantization, into: values)
            } else if type == .float32, let floats = bytes.aligned(for: Float.self) {
                return body(floats)
            } else {
                type.widen(bytes, into: values)
            }
            body(UnsafeBufferPointer(values))
        }
    }

    private func dequantize(
        _ bytes: UnsafeRawBufferPointer, from start: Int, _ quantization: (scales: [Float], zeroPoints: [Float]),
        into values: UnsafeMutableBufferPointer<Float>
    ) {
        quantization.scales.withUnsafeBufferPointer { scales in
            quantization.zeroPoints.withUnsafeBufferPointer { zeroPoints in
                bytes.withMemoryRebound(to: Int8.self) {
                    WeightArithmetic.dequantize(
                        $0, from: start, in: arrangement.layout, zeroPoints: zeroPoints, scales: scales, into: values)
                }
            }
        }
    }

    /// The share of elements that are zero.
    package var sparsity: Double {
        var zeros = 0
        forEachBlock { _, values in zeros += WeightArithmetic.zeros(in: values) }
        return arrangement.count == 0 ? 0 : Double(zeros) / Double(arrangement.count)
    }

    /// What has become of other weights of as many elements, whose errors are told of products with a factor for each
    /// channel.
    package func comparison(
        scaledBy factors: [Float], with original: StoredWeights, scaledBy originalFactors: [Float]
    ) -> WeightComparison {
        var comparison = WeightComparison(count: arrangement.count)
        withParts(scaling: factors != originalFactors || factors.contains { $0 != 1 }) { parts in
            forEachBlock { start, values in
                let count = min(values.count, original.arrangement.count - start)
                guard count > 0 else { return }
                original.withBlock(start, count, parts[0]) { before in
                    comparison.countZeros(before: before, after: values)
                    let values = UnsafeBufferPointer(rebasing: values.prefix(count))
                    comparison.addErrors(
                        before: original.arrangement.scaled(before, from: start, by: originalFactors, in: parts[1]),
                        after: arrangement.scaled(values, from: start, by: factors, in: parts[2]))
                }
            }
        }
        original.data.release()
        return comparison
    }

    /// Memory for a block and, if products are needed, for two more.
    private func withParts(scaling: Bool, _ body: ([UnsafeMutableBufferPointer<Float>]) -> Void) {
        let size = min(arrangement.count, Self.blockSize)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: scaling ? 3 * size : size) { buffer in
            let empty = UnsafeMutableBufferPointer(rebasing: buffer.prefix(0))
            body(
                (0..<3).map { part in
                    scaling || part == 0
                        ? UnsafeMutableBufferPointer(rebasing: buffer[part * size..<(part + 1) * size]) : empty
                })
        }
    }

    /// Quantizes the weights, with a scale for each channel.
    ///
    /// Channels that stand one behind the other are measured right before they are quantized, so that they are read from
    /// memory once.
    ///
    /// - Parameters:
    ///   - factors: for each channel, what the weights are multiplied by before their errors are told.
    ///   - integers: memory for all.
    func quantize(
        factors: [Float], into integers: UnsafeMutableBufferPointer<Int8>
    ) -> (scales: [Float], comparison: WeightComparison) {
        var comparison = WeightComparison(count: arrangement.count)
        var scales = ChannelScales(arrangement)
        withParts(scaling: factors.contains { $0 != 1 }) { parts in
            forEachBlock { start, values in
                scales.measure(upTo: start + values.count, of: self)
                let block = UnsafeMutableBufferPointer(rebasing: integers[start..<start + values.count])
                let after = UnsafeMutableBufferPointer(rebasing: parts[0].prefix(values.count))
                scales.scales.withUnsafeBufferPointer { scales in
                    WeightArithmetic.quantize(values, from: start, in: arrangement.layout, scales: scales, into: block)
                }
                dequantize(
                    UnsafeRawBufferPointer(block), from: start, (scales.scales, scales.zeroPoints), into: after)
                comparison.countZeros(before: values, after: UnsafeBufferPointer(after))
                comparison.addErrors(
                    before: arrangement.scaled(values, from: start, by: factors, in: parts[1]),
                    after: arrangement.scaled(UnsafeBufferPointer(after), from: start, by: factors, in: parts[2]))
            }
        }
        return (WeightQuantizer.scales(scales.magnitudes), comparison)
    }

    /// The scales of channels as far as they have been measured.
    private struct ChannelScales {
        let arrangement: WeightArrangement
        private(set) var magnitudes: [Float]
        /// A channel of zeros, whose integers are zeros with any scale, has 1 until all are known.
        private(set) var scales: [Float]
        let zeroPoints: [Float]
        /// Elements that have been looked at.
        private var measured = 0

        init(_ arrangement: WeightArrangement) {
            self.arrangement = arrangement
            magnitudes = Array(repeating: 0, count: arrangement.channels)
            scales = magnitudes
            zeroPoints = magnitudes
        }

        /// Measures the channels of the elements before `end`, where they are not known yet.
        mutating func measure(upTo end: Int, of weights: StoredWeights) {
            guard measured < end else { return }
            let run = arrangement.inner
            // Only then all of a channel's elements stand together.
            let isContiguous = arrangement.outer == 1
            let next = isContiguous ? (end + run - 1) / run * run : arrangement.count
            magnitudes.withUnsafeMutableBufferPointer { largest in
                weights.forEachBlock(of: measured..<next, isReadAgain: true) { start, values in
                    WeightArithmetic.raise(largest, toMagnitudesOf: values, from: start, in: arrangement.layout)
                }
            }
            let channels = isContiguous ? measured / run..<next / run : magnitudes.indices
            for channel in channels {
                let magnitude = magnitudes[channel]
                scales[channel] = WeightQuantizer.scale(magnitude, layersLargest: magnitude)
            }
            measured = next
        }
    }
}

extension WeightArrangement {
    /// A part of the weights, which begins at `start`, multiplied by its channels' factors.
    ///
    /// - Parameter products: memory for as many, which is used if any factor is not 1.
    fileprivate func scaled(
        _ values: UnsafeBufferPointer<Float>, from start: Int, by factors: [Float],
        in products: UnsafeMutableBufferPointer<Float>
    ) -> UnsafeBufferPointer<Float> {
        guard factors.contains(where: { $0 != 1 }) else { return values }
        let products = UnsafeMutableBufferPointer(rebasing: products.prefix(values.count))
        factors.withUnsafeBufferPointer {
            WeightArithmetic.multiply(values, from: start, in: layout, by: $0, into: products)
        }
        return UnsafeBufferPointer(products)
    }
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

extension UnsafeRawBufferPointer {
    /// The bytes as elements of a type, if they stand where such elements may.
    fileprivate func aligned<Element: BitwiseCopyable>(for type: Element.Type) -> UnsafeBufferPointer<Element>? {
        guard let baseAddress, UInt(bitPattern: baseAddress) % UInt(MemoryLayout<Element>.alignment) == 0 else {
            return nil
        }
        return assumingMemoryBound(to: Element.self)
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
