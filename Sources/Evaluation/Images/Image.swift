import ModelGraph

/// A decoded image: rows of pixels, top row first, 3 bytes (red, green, blue) a pixel.
package struct Image: Sendable, Equatable {
    package var width: Int
    package var height: Int
    package var pixels: [UInt8]

    /// The most pixels that an image may have; a small file can claim any number.
    package static let pixelLimit = 1 << 28

    package init(width: Int, height: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Decodes a JPEG or PNG file; the kind is told by its first bytes and not by its name.
    ///
    /// Pixels are those of Pillow's `convert("RGB")`: alpha is dropped, no gamma or color profile or orientation is
    /// applied. Gray of 16 bits keeps the high byte.
    /// - Throws: `DatasetError` naming the file.
    package init(path: String) throws(DatasetError) {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path: path) } catch {
            throw DatasetError(.unreadable, "the image cannot be read", at: path, cause: error)
        }
        self = try withExtendedLifetime(file) { () throws(DatasetError) in
            try Image(bytes: file.bytes, name: path)
        }
    }

    package init(bytes: UnsafeRawBufferPointer, name: String) throws(DatasetError) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = try Image.decodeJPEG(bytes, name: name)
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = try Image.decodePNG(bytes, name: name)
        } else {
            throw DatasetError(
                .unreadable, "this is neither a JPEG nor a PNG image", at: name, remedy: "remove or convert the file")
        }
    }

    /// Room for an image's pixels.
    /// - Throws: `DatasetError` if the size is impossible.
    static func byteCount(width: Int, height: Int, channels: Int, name: String) throws(DatasetError) -> Int {
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, count <= pixelLimit else {
            throw DatasetError(
                .unreadable, "the image claims \(width) × \(height) pixels, and the limit is \(pixelLimit) in all",
                at: name)
        }
        return count * channels
    }

    /// The brightness of each pixel as Pillow's `convert("L")` has it: ITU-R 601-2 luma, in 16-bit fixed point.
    package var luma: [UInt8] {
        (0..<width * height).map { index in
            let red = UInt32(pixels[3 * index])
            let green = UInt32(pixels[3 * index + 1])
            let blue = UInt32(pixels[3 * index + 2])
            return UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
        }
    }
}
