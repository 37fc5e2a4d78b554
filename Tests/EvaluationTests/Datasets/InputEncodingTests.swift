import ModelGraph
import Runtime
import Testing

@testable import Evaluation

@Suite struct InputEncodingTests {
    private func stored<Element: BitwiseCopyable>(
        _ values: [Float], as tensor: TensorInfo, _ type: Element.Type
    ) throws -> [Element] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: values.count * MemoryLayout<Element>.size, alignment: 16)
        defer { buffer.deallocate() }
        try InputEncoding.store(values, into: buffer, as: tensor)
        return Array(buffer.bindMemory(to: type))
    }

    /// From `np.clip(np.round(x / 0.05) + 3, lowest, highest).astype(...)` with float32 x.
    @Test func quantizationIsNumPys() throws {
        let values: [Float] = [0, 0.024, 0.025, 0.075, 0.125, -0.025, -0.075, 100, -100, 0.1, 6.2, -6.55]
        let quantization = Quantization(scale: 0.05, zeroPoint: 3)
        #expect(
            try stored(values, as: tensor([1, 12], .int8, quantization: quantization), Int8.self)
                == [3, 3, 3, 5, 5, 3, 1, 127, -128, 5, 127, -128])
        #expect(
            try stored(values, as: tensor([1, 12], .uint8, quantization: quantization), UInt8.self)
                == [3, 3, 3, 5, 5, 3, 1, 255, 0, 5, 127, 0])
    }

    @Test func whatIsNoNumberBecomesZero() throws {
        let quantization = Quantization(scale: 0.5, zeroPoint: -7)
        #expect(
            try stored([.nan, .infinity, -.infinity], as: tensor([3], .int8, quantization: quantization), Int8.self)
                == [-7, 127, -128])
        #expect(try stored([.nan, .infinity, 1e30, -1.9], as: tensor([4], .int32), Int32.self) == [0, .max, .max, -1])
    }

    @Test func plainTypes() throws {
        #expect(try stored([1.5, -2], as: tensor([2], .float32), Float.self) == [1.5, -2])
        #expect(try stored([1.5, -2], as: tensor([2], .float64), Double.self) == [1.5, -2])
        #expect(try stored([1.5, -2], as: tensor([2], .float16), UInt16.self) == [0x3E00, 0xC000])
        #expect(try stored([0, 3], as: tensor([2], .bool), UInt8.self) == [0, 1])
        #expect(try stored([7, -9], as: tensor([2], .int64), Int64.self) == [7, -9])
        #expect(throws: DatasetError.self) { try stored([1], as: tensor([2], .float32), Float.self) }
        #expect(throws: DatasetError.self) { try stored([1], as: tensor([1], .string), UInt8.self) }
    }
}

@Suite struct SampleArrangementTests {
    @Test(arguments: [
        ([32, 32, 3], [1, 32, 32, 3]), ([28, 28], [1, 28, 28, 1]), ([28, 28, 1], [1, 1, 28, 28]),
        ([49, 10, 1], [1, 490]),
        ([640], [1, 640]), ([], [1]), ([1, 8, 8, 3], [1, 8, 8, 3]), ([784], [1, 28, 28, 1]),
    ])
    func unchanged(_ sample: [Int], _ input: [Int]) {
        #expect(SampleArrangement(sample: sample, input: input) == .same)
    }

    /// Channels come apart at any width and at any address; shapes with other counts of channels too.
    @Test(arguments: [1, 3, 4, 5, 8, 1030], [3, 4]) func imagesOfManySizes(_ width: Int, _ channels: Int) throws {
        let arrangement = try #require(
            SampleArrangement(sample: [5, width, channels], input: [1, channels, 5, width]))
        try #require(arrangement == .toChannelsFirst)
        let pixels = 5 * width
        let values = (0..<(pixels * channels)).map { Float($0) }
        var bytes: [UInt8] = [0]
        values.withUnsafeBytes { bytes += $0 }
        var found = [Float](repeating: -1, count: values.count)
        bytes.withUnsafeBytes { bytes in
            found.withUnsafeMutableBytes {
                arrangement.copy(
                    UnsafeRawBufferPointer(rebasing: bytes[1...]), shape: [5, width, channels], to: $0)
            }
        }
        let expected = (0..<channels).flatMap { channel in (0..<pixels).map { Float($0 * channels + channel) } }
        #expect(found == expected)
    }

    @Test func layouts() throws {
        let first = try #require(SampleArrangement(sample: [2, 2, 3], input: [1, 3, 2, 2]))
        #expect(first == .toChannelsFirst)
        // `np.arange(12).reshape(2, 2, 3).transpose(2, 0, 1)`
        #expect(
            first.apply(to: (0..<12).map { Float($0) }, shape: [2, 2, 3]) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
        let last = try #require(SampleArrangement(sample: [3, 2, 2], input: [1, 2, 2, 3]))
        #expect(last == .toChannelsLast)
        // `np.arange(12).reshape(3, 2, 2).transpose(1, 2, 0)`
        #expect(
            last.apply(to: (0..<12).map { Float($0) }, shape: [3, 2, 2]) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    }

    @Test(arguments: [
        ([32, 3, 32], [1, 32, 32, 3]), ([10, 49], [1, 49, 10, 1]), ([31, 32, 3], [1, 32, 32, 3]), ([5], [4]),
    ])
    func mismatches(_ sample: [Int], _ input: [Int]) {
        #expect(SampleArrangement(sample: sample, input: input) == nil)
    }

    @Test func imageInputs() throws {
        #expect(ImageInput(shape: [1, 224, 160, 3])?.size == ImageInput.Size(height: 224, width: 160))
        #expect(ImageInput(shape: [1, 3, 224, 160])?.isChannelsFirst == true)
        #expect(ImageInput(shape: [1, 28, 28])?.channels == 1)
        #expect(ImageInput(shape: [1, 784])?.channels == 1)
        #expect(ImageInput(shape: [1, 3072])?.channels == 3)
        #expect(ImageInput(shape: [1, 8, 8, 16]) == nil)
    }
}
