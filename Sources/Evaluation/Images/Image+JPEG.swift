import CTurboJPEG

extension Image {
    /// - Source: libjpeg-turbo's accurate integer transform and smooth chroma upsampling, the defaults of Pillow and TensorFlow.
    static func decodeJPEG(_ bytes: UnsafeRawBufferPointer, name: String) throws(DatasetError) -> Image {
        guard let decoder = tjInitDecompress() else {
            throw DatasetError(.unreadable, "there is no memory to decode the image", at: name)
        }
        defer { tjDestroy(decoder) }
        func failure() -> DatasetError {
            DatasetError(
                .unreadable, "the JPEG image is damaged: \(String(cString: tjGetErrorStr2(decoder)))", at: name)
        }
        let source = bytes.bindMemory(to: UInt8.self)
        var width: Int32 = 0
        var height: Int32 = 0
        var sampling: Int32 = 0
        var colors: Int32 = 0
        guard
            tjDecompressHeader3(
                decoder, source.baseAddress, UInt(source.count), &width, &height, &sampling, &colors) == 0
        else { throw failure() }
        let isPrint = colors == TJCS_CMYK.rawValue || colors == TJCS_YCCK.rawValue
        let channels = isPrint ? 4 : 3
        var pixels = [UInt8](
            repeating: 0,
            count: try byteCount(width: Int(width), height: Int(height), channels: channels, name: name))
        let status = tjDecompress2(
            decoder, source.baseAddress, UInt(source.count), &pixels, width, 0, height,
            isPrint ? TJPF_CMYK.rawValue : TJPF_RGB.rawValue,
            // A small progressive file can hold scans enough to decode for hours.
            TJFLAG_LIMITSCANS)
        guard status == 0 || isHarmless(String(cString: tjGetErrorStr2(decoder))) else { throw failure() }
        if isPrint { pixels = rgb(fromInvertedCMYK: pixels) }
        return Image(width: Int(width), height: Int(height), pixels: pixels)
    }

    /// Whether a message is a warning beside which decoders agree on the pixels. Half an image is no sample, and an error
    /// behind a warning has the warning's code, so only the text tells.
    private static func isHarmless(_ message: String) -> Bool {
        ["Corrupt JPEG data: ", "Unknown Adobe color", "Warning: "].contains(where: message.hasPrefix)
            && !message.contains("premature end")
    }

    /// Print colors as Adobe's programs store them: each value says how much ink is left out.
    private static func rgb(fromInvertedCMYK values: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: values.count / 4 * 3)
        for index in 0..<(values.count / 4) {
            let paper = Int(values[4 * index + 3])
            for channel in 0..<3 {
                let product = (255 - Int(values[4 * index + channel])) * paper + 128
                let ink = (product + product >> 8) >> 8
                result[3 * index + channel] = UInt8(clamping: paper - ink)
            }
        }
        return result
    }
}
