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

    /// Elements that are worked on at once: with what is made of them they stay in a core's cache.
    static let blockSize = 1 << 13

    /// Reads all weights in the order of memory.
    ///
    /// - Parameter body: is given where a block begins and its real numbers.
    package func forEachBlock(_ body: (_ start: Int, _ values: UnsafeBufferPointer<Float>) -> Void) {
        forEachBlock(of: 0..<arrangement.count, body)
    }

    /// Reads a part of the weights in the order of memory.
    func forEachBlock(
        of elements: Range<Int>, _ body: (_ start: Int, _ values: UnsafeBufferPointer<Float>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: min(elements.count, Self.blockSize)) { buffer in
            var progress = Progress(of: self, from: elements.lowerBound)
            for start in stride(from: elements.lowerBound, to: elements.upperBound, by: Self.blockSize) {
                let end = min(start + Self.blockSize, elements.upperBound)
                withValues(of: start..<end, buffer) { body(start, $0) }
                progress.advance(to: end, of: elements.upperBound)
            }
        }
    }

    /// How far weights have been read that will not be read again.
    struct Progress {
        private let weights: StoredWeights
        private var released: Int

        init(of weights: StoredWeights, from start: Int) {
            self.weights = weights
            released = start
        }

        /// Lets go what has been read, many blocks at a time.
        mutating func advance(to end: Int, of last: Int) {
            // What was copied has no pages here.
            guard !weights.isCopied, end == last || end - released >= 32 * StoredWeights.blockSize else { return }
            weights.data.release(released * weights.width..<end * weights.width)
            released = end
        }
    }

    /// Bytes of an element.
    private var width: Int { (type.bitWidth ?? 8) / 8 }

    /// Gives some weights: where they are in memory, if they are floats there.
    ///
    /// - Parameter buffer: has room for them.
    private func withValues(
        of elements: Range<Int>, _ buffer: UnsafeMutableBufferPointer<Float>,
        _ body: (UnsafeBufferPointer<Float>) -> Void
    ) {
        if copyFloats(elements, to: buffer) {
            return body(UnsafeBufferPointer(rebasing: buffer.prefix(elements.count)))
        }
        data.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[byteRange(of: elements)])
            if type == .float32, let floats = bytes.aligned(for: Float.self) { return body(floats) }
            let values = UnsafeMutableBufferPointer(rebasing: buffer.prefix(elements.count))
            widen(bytes, from: elements.lowerBound, into: values)
            body(UnsafeBufferPointer(values))
        }
    }

    /// Reads some weights.
    ///
    /// - Parameter values: memory for as many.
    func read(_ elements: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) {
        if copyFloats(elements, to: values) { return }
        data.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[byteRange(of: elements)])
            widen(bytes, from: elements.lowerBound, into: values)
        }
    }

    /// Whether they are floats of a file, of which parts are copied.
    private var isCopied: Bool { type == .float32 && data.isInOpenFile }

    /// - Returns: whether they were floats of a file.
    private func copyFloats(_ elements: Range<Int>, to values: UnsafeMutableBufferPointer<Float>) -> Bool {
        isCopied && data.copyFromFile(byteRange(of: elements), to: UnsafeMutableRawBufferPointer(values))
    }

    private func byteRange(of elements: Range<Int>) -> Range<Int> {
        elements.lowerBound * width..<elements.upperBound * width
    }

    private func widen(_ bytes: UnsafeRawBufferPointer, from start: Int, into values: UnsafeMutableBufferPointer<Float>)
    {
        guard let quantization else { return type.widen(bytes, into: values) }
        dequantize(bytes, from: start, quantization, into: values)
    }

    func dequantize(
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
                original.withValues(of: start..<start + count, parts[0]) { before in
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
    func withParts(scaling: Bool, _ body: ([UnsafeMutableBufferPointer<Float>]) -> Void) {
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
}

extension WeightArrangement {
    /// A part of the weights, which begins at `start`, multiplied by its channels' factors.
    ///
    /// - Parameter products: memory for as many, which is used if any factor is not 1.
    func scaled(
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
