import ModelGraph

/// How the elements of a sample are put into the order of an input.
enum SampleArrangement: Equatable {
    case same
    /// [height, width, channels] to [channels, height, width].
    case toChannelsFirst
    /// [channels, height, width] to [height, width, channels].
    case toChannelsLast

    /// Compares a sample's shape with an input's; extents of 1 in front, and how axes are merged, do not matter.
    ///
    /// nil if they do not fit: other counts, or the same extents in an order that is neither layout.
    init?(sample: [Int], input: [Int]) {
        guard let count = Shape.elementCount(sample), count == Shape.elementCount(input) else { return nil }
        let from = Self.withoutBatch(sample, rank: 3)
        let to = Self.withoutBatch(input, rank: 3)
        let narrow = from.filter { $0 != 1 }
        let wide = to.filter { $0 != 1 }
        if narrow == wide {
            self = .same
        } else if from.count == 3, to.count == 3, Self.areChannels(from[2]), Self.permuted(from, [2, 0, 1]) == to {
            self = .toChannelsFirst
        } else if from.count == 3, to.count == 3, Self.areChannels(from[0]), Self.permuted(from, [1, 2, 0]) == to {
            self = .toChannelsLast
        } else if narrow.sorted() == wide.sorted() {
            return nil
        } else {
            self = .same
        }
    }

    /// - Parameter shape: the sample's, three extents.
    func apply(to values: [Float], shape: [Int]) -> [Float] {
        guard self != .same else { return values }
        return [Float](unsafeUninitializedCapacity: values.count) { result, count in
            values.withUnsafeBytes { copy($0, shape: shape, to: UnsafeMutableRawBufferPointer(result)) }
            count = values.count
        }
    }

    /// Writes a sample's elements, which stand at any address.
    ///
    /// - Precondition: `target` is as large as `source`, which holds as many elements as `shape` says.
    func copy(_ source: UnsafeRawBufferPointer, shape: [Int], to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count == source.count)
        let extents = Self.withoutBatch(shape, rank: 3)
        guard self != .same, extents.count == 3, let from = source.baseAddress, let to = target.baseAddress else {
            return target.copyMemory(from: source)
        }
        // Both are the transposition of a matrix: pixels × channels, or channels × pixels.
        let rows = self == .toChannelsFirst ? extents[0] * extents[1] : extents[0]
        let columns = self == .toChannelsFirst ? extents[2] : extents[1] * extents[2]
        let size = MemoryLayout<Float>.size
        precondition(rows * columns * size == source.count)
        if self == .toChannelsFirst, columns == 3 { return Self.separateColors(from, to, pixels: rows) }
        // Over the pixels, all channels at once.
        let (pixels, channels) = (max(rows, columns), min(rows, columns))
        let (pixelStep, channelStep) = columns < rows ? (columns, 1) : (1, columns)
        let (pixelPlace, channelPlace) = columns < rows ? (1, rows) : (rows, 1)
        // A few at a time, which the cache holds from channel to channel.
        for first in stride(from: 0, to: pixels, by: 1024) {
            let count = min(1024, pixels - first)
            for channel in 0..<channels {
                var source = from + size * (first * pixelStep + channel * channelStep)
                var target = to + size * (first * pixelPlace + channel * channelPlace)
                for _ in 0..<count {
                    target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
                    source += size * pixelStep
                    target += size * pixelPlace
                }
            }
        }
    }

    /// Images of three channels, four pixels at a time.
    private static func separateColors(
        _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, pixels: Int
    ) {
        let plane = MemoryLayout<UInt32>.size * pixels
        var (source, target, left) = (source, target, pixels)
        while left >= 4 {
            let a = source.loadUnaligned(as: SIMD4<UInt32>.self)
            let b = source.loadUnaligned(fromByteOffset: 16, as: SIMD4<UInt32>.self)
            let c = source.loadUnaligned(fromByteOffset: 32, as: SIMD4<UInt32>.self)
            target.storeBytes(of: SIMD4(a[0], a[3], b[2], c[1]), as: SIMD4<UInt32>.self)
            target.storeBytes(of: SIMD4(a[1], b[0], b[3], c[2]), toByteOffset: plane, as: SIMD4<UInt32>.self)
            target.storeBytes(of: SIMD4(a[2], b[1], c[0], c[3]), toByteOffset: 2 * plane, as: SIMD4<UInt32>.self)
            (source, target, left) = (source + 48, target + 16, left - 4)
        }
        while left > 0 {
            for channel in 0..<3 {
                let element = source.loadUnaligned(fromByteOffset: 4 * channel, as: UInt32.self)
                target.storeBytes(of: element, toByteOffset: channel * plane, as: UInt32.self)
            }
            (source, target, left) = (source + 12, target + 4, left - 1)
        }
    }

    private static func permuted(_ shape: [Int], _ order: [Int]) -> [Int] { order.map { shape[$0] } }

    /// Whether an image may have as many channels: gray, color, color and alpha.
    private static func areChannels(_ extent: Int) -> Bool { [1, 3, 4].contains(extent) }

    private static func withoutBatch(_ shape: [Int], rank: Int) -> [Int] {
        var shape = shape[...]
        while shape.count > rank, shape.first == 1 { shape = shape.dropFirst() }
        return Array(shape)
    }
}

/// What an input asks of an image.
struct ImageInput: Equatable {
    /// 1 or 3.
    var channels: Int
    /// nil where the input is flat and any image of its element count fits.
    var size: Size?
    var isChannelsFirst = false

    struct Size: Equatable {
        var height: Int
        var width: Int
    }

    /// nil if the input takes no image.
    init?(shape: [Int]) {
        var extents = shape[...]
        while extents.count > 3, extents.first == 1 { extents = extents.dropFirst() }
        let inner = Array(extents)
        switch inner.count {
        case 3 where inner[2] == 1 || inner[2] == 3:
            channels = inner[2]
            size = Size(height: inner[0], width: inner[1])
        case 3 where inner[0] == 1 || inner[0] == 3:
            channels = inner[0]
            size = Size(height: inner[1], width: inner[2])
            isChannelsFirst = true
        case 2 where inner[0] == 1, 1:
            channels = inner[inner.count - 1] % 3 == 0 ? 3 : 1
        case 2:
            channels = 1
            size = Size(height: inner[0], width: inner[1])
        default: return nil
        }
    }
}
