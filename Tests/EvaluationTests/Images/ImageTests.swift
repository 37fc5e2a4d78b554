import Testing

@testable import Evaluation

@Suite struct ImageTests {
    @Test("pixels are Pillow's", arguments: ImageFixture.all)
    func pixels(_ fixture: ImageFixture) throws {
        let image = try fixture.bytes.withUnsafeBytes { try Image(bytes: $0, name: fixture.name) }
        #expect(image.width == fixture.width)
        #expect(image.height == fixture.height)
        #expect(checksum(image.pixels) == fixture.rgbChecksum)
        #expect(checksum(image.luma) == fixture.lumaChecksum)
    }

    @Test("cut short anywhere: an error that names the file", arguments: ImageFixture.all)
    func truncation(_ fixture: ImageFixture) throws {
        for count in stride(from: 0, to: fixture.bytes.count - 14, by: 7) {
            let error = #expect(throws: DatasetError.self) {
                try fixture.bytes.prefix(count).withUnsafeBytes { try Image(bytes: $0, name: "cat.jpg") }
            }
            #expect(error?.location == "cat.jpg")
        }
    }

    @Test("damaged bytes never trap", arguments: ImageFixture.all)
    func damage(_ fixture: ImageFixture) {
        for position in fixture.bytes.indices {
            var bytes = fixture.bytes
            bytes[position] ^= UInt8(1 << (position % 8))
            _ = try? bytes.withUnsafeBytes { try Image(bytes: $0, name: fixture.name) }
        }
    }

    @Test func impossibleSizes() throws {
        // A frame header of 65500 × 65500 pixels, and nothing behind it.
        let header: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xDC, 0xFF, 0xDC, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
            0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0,
        ]
        let error = #expect(throws: DatasetError.self) {
            try header.withUnsafeBytes { try Image(bytes: $0, name: "huge.jpg") }
        }
        #expect(error?.description.contains("65500 × 65500") == true)
    }

    /// The checksums run over all pixels after Pillow's `convert("RGB")`, of every twentieth file in the order of names.
    @Test(
        "real photographs have Pillow's pixels", .needsShared,
        arguments: [("imagenet/eval", 4_189_221_579), ("cifar10_jpg", 1_681_808_537), ("person/eval", 1_580_129_342)])
    func photographs(_ folder: String, _ expected: UInt32) throws {
        let all = try ImageFolder(path: "\(sharedFolder!)/data/\(folder)").paths
        var sum: UInt32 = 0
        for index in stride(from: 0, to: all.count, by: 20) {
            sum = checksum(try Image(path: all[index]).pixels, continuing: sum)
        }
        #expect(sum == expected)
    }
}
