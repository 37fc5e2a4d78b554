import CKernels
import ModelGraph
import Operators

/// What the bytes of an image come from that nothing has made yet. The convolution that reads them has them made with
/// its padding around them and the channels last, in one pass over the memory.
struct ImageSource {
    /// Real numbers, which are to be quantized, or bytes.
    var value: ValueID
    var type: ElementType
    /// How far apart the source's elements are along each axis as stored of what is to be made.
    var strides: [Int]
}

/// An operator that can read an image from where it comes from.
protocol ImageReader {
    /// Whether the operator, with operands as they are in the lowering, makes operand 0 of its source.
    func readsSource(_ lowering: Lowering) -> Bool
}

extension Convolution: ImageReader {
    func readsSource(_ lowering: Lowering) -> Bool {
        guard layout == .channelsLast, let rank = lowering.optionalInput(0)?.sizes.count, rank == 3 || rank == 4,
            let arithmetic = try? lowering.linearArithmetic()
        else { return false }
        return arithmetic == .int8
    }
}

/// Images with something around them.
struct ImageFrame {
    var height: Int
    var width: Int
    var top = 0
    var left = 0
    /// The bytes around the images.
    var value: UInt8 = 0
    /// Bits of the images' own bytes that are flipped.
    var flip: UInt8 = 0
}

extension Lowering {
    /// Makes images of bytes of what they come from.
    ///
    /// - Parameters:
    ///   - x: [N, H, W, C], or without the height.
    ///   - y: [N, `frame.height`, `frame.width`, C].
    mutating func emitImage(
        _ x: Tensor, _ source: ImageSource, _ frame: ImageFrame, into y: Operand
    ) throws(RuntimeError) {
        var (sizes, strides) = (x.sizes, source.strides)
        if sizes.count == 3 {
            sizes.insert(1, at: 1)
            strides.insert(0, at: 1)
        }
        var parameters = ck_image()
        if source.type == .float32 { parameters.quantization = try quantization(of: x) }
        (parameters.height, parameters.width, parameters.channels) = (sizes[1], sizes[2], sizes[3])
        (parameters.padded_height, parameters.padded_width) = (frame.height, frame.width)
        (parameters.top, parameters.left) = (frame.top, frame.left)
        (parameters.batch_stride, parameters.row_stride) = (strides[0], strides[1])
        (parameters.column_stride, parameters.channel_stride) = (strides[2], strides[3])
        (parameters.value, parameters.flip) = (frame.value, frame.flip)
        let isReal = source.type == .float32
        try emit(
            kernel(.image, isReal ? "float32" : "bytes"), parameters, operands: [.value(source.value), y],
            units: saturatingProduct(sizes[0], frame.height),
            cost: saturatingProduct(frame.width, sizes[3], isReal ? 4 : 1))
    }

    /// Where the bytes of operand 0 are: in its own memory, or where they are made now.
    mutating func image(_ x: Tensor) throws(RuntimeError) -> Operand {
        guard let source = x.source else { return .value(x.id) }
        let rank = x.sizes.count
        let bytes = addScratch(x.byteCount)
        try emitImage(
            x, source, ImageFrame(height: rank == 4 ? x.sizes[1] : 1, width: x.sizes[rank - 2]), into: bytes)
        return bytes
    }
}
