import CPNG

extension Image {
    static func decodePNG(_ bytes: UnsafeRawBufferPointer, name: String) throws(DatasetError) -> Image {
        var width: UInt32 = 0
        var height: UInt32 = 0
        var error = optimize_png_error()
        func failure(_ error: optimize_png_error) -> DatasetError {
            let message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return DatasetError(.unreadable, "the PNG image is damaged: \(message)", at: name)
        }
        guard optimize_png_decode(bytes.baseAddress, bytes.count, &width, &height, nil, &error) == 1 else {
            throw failure(error)
        }
        var pixels = [UInt8](
            repeating: 0, count: try byteCount(width: Int(width), height: Int(height), channels: 3, name: name))
        guard optimize_png_decode(bytes.baseAddress, bytes.count, &width, &height, &pixels, &error) == 1
        else { throw failure(error) }
        return Image(width: Int(width), height: Int(height), pixels: pixels)
    }
}
