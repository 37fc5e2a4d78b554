import CKernels
import ModelGraph

// What the kernels of a depth above 1 want made beforehand.

extension LinearWeights {
    /// The biases and factors of each block of outputs.
    ///
    /// - Parameter isDouble: whether sums are scaled as LiteRT's fully connected kernel does.
    func prepare(isDouble: Bool, storage: Storage) throws(RuntimeError) -> UnsafeRawPointer {
        let memory = try storage.bytes(ck_prepared_lanes_size(lanes))
        var output = output
        ck_prepare_lanes(
            bias.assumingMemoryBound(to: Int32.self), sums, output.maximum > output.minimum ? magnitudes : nil, &output,
            lanes, packing.outputs, isDouble ? 1 : 0, memory)
        return UnsafeRawPointer(memory)
    }
}

extension Storage {
    /// - Returns: nil for a window that is left to the slow kernel.
    func prepareDepthwise(_ parameters: inout ck_conv, for kernel: ck_kernel) throws(RuntimeError) -> UnsafeRawPointer?
    {
        let size = ck_prepared_depthwise_size(&parameters, kernel.isa)
        guard size > 0 else { return nil }
        let memory = try bytes(size)
        ck_prepare_depthwise(&parameters, kernel.isa, memory)
        return UnsafeRawPointer(memory)
    }
}

extension Lowering {
    /// Emits the copy of an image of bytes with its padding around it, if its windows reach beyond it.
    ///
    /// - Parameters:
    ///   - parameters: become those of the copy.
    ///   - zeroPoint: of x as signed bytes.
    /// - Returns: what the windows are over.
    mutating func padRows(
        _ x: Tensor, for parameters: inout ck_conv, zeroPoint: Int32
    ) throws(RuntimeError) -> Operand {
        let p = parameters
        let (height, width, size) = try reach(of: p, images: x.sizes[0])
        let isPadded = p.readsBeyond(height, width)
        guard isPadded || x.source != nil else { return .value(x.id) }
        let value = UInt8(truncatingIfNeeded: zeroPoint) ^ 0x80
        // Windows with a long stride may all be over the padding.
        let left = min(p.pad_left, width)
        if let source = x.source {
            let frame = ImageFrame(
                height: isPadded ? height : p.input_height, width: isPadded ? width : p.input_width, top: p.pad_top,
                left: left, value: value, flip: x.signedFlip ^ 0x80)
            guard let size = Shape.elementCount([x.sizes[0], frame.height, frame.width, p.input_channels]) else {
                throw RuntimeError(.outOfMemory, "the input is larger than memory can be", at: location)
            }
            let image = addScratch(size)
            try emitImage(x, source, frame, into: image)
            readsPadded(frame, &parameters)
            return image
        }
        let padded = addScratch(size)
        try emit(
            kernel(.padRows, "bytes"),
            ck_pad_rows(
                height: p.input_height, width: p.input_width, channels: p.input_channels, padded_height: height,
                padded_width: width, top: p.pad_top, left: left, value: value, flip: p.flip ^ 0x80),
            operands: [.value(x.id), padded], units: x.sizes[0] * height,
            cost: saturatingProduct(width, p.input_channels) / 8)
        readsPadded(ImageFrame(height: height, width: width), &parameters)
        return padded
    }

    /// Emits the quantization of images of floats by the range of each, with padding around them if windows reach beyond
    /// them.
    ///
    /// - Parameter parameters: become those of the result.
    /// - Returns: the operands x + 128 and row quantizations.
    mutating func quantizeImages(
        _ x: Tensor, for parameters: inout ck_conv, isAsymmetric: Bool
    ) throws(RuntimeError) -> [Operand] {
        let p = parameters
        let (height, width, size) = try reach(of: p, images: x.sizes[0])
        // Nothing reads x any more when the windows begin, so that the result may take its place.
        overwritableInputs = [0]
        parameters.flip = 0x80
        guard p.readsBeyond(height, width) else {
            return try quantizeRows(x, rows: x.sizes[0], isAsymmetric: isAsymmetric, flip: 0x80)
        }
        (parameters.input_height, parameters.input_width) = (height, width)
        (parameters.pad_top, parameters.pad_left) = (0, 0)
        return try quantizeRows(
            x, rows: x.sizes[0], isAsymmetric: isAsymmetric,
            frame: (
                lines: p.input_height, top: p.pad_top, left: min(p.pad_left, width) * p.input_channels,
                paddedLines: height, paddedLine: width * p.input_channels
            ), size: size, flip: 0x80)
    }

    /// How far windows reach from the first row and column of padding on, and how many elements so large images have.
    private func reach(
        of p: ck_conv, images: Int
    ) throws(RuntimeError) -> (height: Int, width: Int, size: Int) {
        func reach(_ outputs: Int, _ stride: Int, _ kernel: Int, _ dilation: Int) -> Int? {
            let (steps, overflow) = (outputs - 1).multipliedReportingOverflow(by: stride)
            let (taps, tooFar) = (kernel - 1).multipliedReportingOverflow(by: dilation)
            let (sum, tooLong) = steps.addingReportingOverflow(taps)
            return overflow || tooFar || tooLong || sum == .max ? nil : sum + 1
        }
        guard let height = reach(p.output_height, p.stride_height, p.kernel_height, p.dilation_height),
            let width = reach(p.output_width, p.stride_width, p.kernel_width, p.dilation_width),
            let size = Shape.elementCount([images, height, width, p.input_channels])
        else {
            throw RuntimeError(.outOfMemory, "the input is larger than memory can be with its padding", at: location)
        }
        return (height, width, size)
    }

    /// The windows go over a copy of x with its padding around it.
    private mutating func readsPadded(_ frame: ImageFrame, _ parameters: inout ck_conv) {
        (parameters.input_height, parameters.input_width) = (frame.height, frame.width)
        (parameters.pad_top, parameters.pad_left) = (0, 0)
        // The copy holds x + 128.
        parameters.flip = 0x80
        // Nothing reads x any more when the windows begin, so that the result may take its place.
        overwritableInputs = [0]
    }
}

extension ck_conv {
    /// Whether windows that reach so far go beyond the image.
    fileprivate func readsBeyond(_ height: Int, _ width: Int) -> Bool {
        pad_top > 0 || pad_left > 0 || height > input_height || width > input_width
    }
}
