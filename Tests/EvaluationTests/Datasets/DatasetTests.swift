import Foundation
import ModelGraph
import Testing

@testable import Evaluation

@Suite struct DatasetTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func fixture(_ name: String) throws -> [UInt8] {
        try #require(ImageFixture.all.first { $0.name == name }).bytes
    }

    /// An archive of arrays of bytes.
    private func archive(_ arrays: [(String, [Int], [UInt8])]) throws -> String {
        var writer = NPZWriter()
        for (name, shape, bytes) in arrays {
            try bytes.withUnsafeBytes { try writer.add(name, type: .uint8, shape: shape, bytes: $0) }
        }
        let path = folder.path + "/data.npz"
        try writer.write(to: path, replacing: true)
        return path
    }

    @Test func samplesAndLabels() throws {
        let path = try archive([("x", [3, 2], [1, 2, 3, 4, 5, 6]), ("y", [3], [2, 0, 1])])
        let data = try Dataset(path: path, preprocessing: Preprocessing(scale: 0.5, offset: -1))
        #expect(data.count == 3)
        #expect(data.labels == [2, 0, 1])
        #expect(data.summary == "3 samples of data.npz")
        #expect(try data.values(1, as: tensor([1, 2])) == [0.5, 1])
        #expect(
            try data.values(
                2, as: tensor([1, 2], .int8, quantization: Quantization(scale: 0.5, zeroPoint: 1)), Int8.self)
                == [4, 5])
        let limited = try Dataset(path: path, limit: 2)
        #expect(limited.labels == [2, 0])
        #expect(limited.summary == "the first 2 of 3 samples of data.npz")
    }

    @Test(arguments: [[0, 1, 0, 1, 0, 0], [0, 9, 3, 9, 2, 1]] as [[UInt8]]) func oneHotLabels(_ rows: [UInt8]) throws {
        let path = try archive([("x", [2, 1], [1, 2]), ("y", [2, 3], rows)])
        #expect(try Dataset(path: path).labels == [1, 0])
    }

    @Test func labelsOfAnotherCount() throws {
        let path = try archive([("x", [2, 1], [1, 2]), ("y", [3], [0, 0, 0])])
        #expect(throws: DatasetError.self) { try Dataset(path: path) }
    }

    @Test func arraysAreFoundByTheirNames() throws {
        let path = try archive([("state", [2, 1], [5, 6]), ("audio", [2, 2], [1, 2, 3, 4])])
        let data = try Dataset(path: path)
        let both = [tensor([1, 2], name: "serving_default_audio:0"), tensor([1, 1], name: "state")]
        #expect(try data.values(1, as: both) == [[3, 4], [6]])
        let error = #expect(throws: DatasetError.self) { try data.values(0, as: tensor([1, 2], name: "other")) }
        #expect(error?.description.contains("'state', 'audio'") == true)
    }

    @Test func aSingleArrayMayHaveAnyName() throws {
        let path = try archive([("features", [2, 2], [1, 2, 3, 4])])
        #expect(try Dataset(path: path).values(1, as: tensor([1, 2])) == [3, 4])
    }

    @Test func wholeNumbersPassUnscaled() throws {
        let path = try archive([("tokens", [1, 2], [7, 200])])
        let data = try Dataset(path: path, preprocessing: Preprocessing(scale: 0.1, offset: 3))
        #expect(try data.values(0, as: tensor([1, 2], .int64), Int64.self) == [7, 200])
        #expect(throws: DatasetError.self) { try data.values(0, as: tensor([1, 2], .int8), Int8.self) }
    }

    @Test func mappedArray() throws {
        let path = try folder.write(npy("<f4", "(2, 1)", [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]), to: "a.npy")
        let data = try Dataset(path: path)
        #expect(data.count == 2)
        #expect(data.labels == nil)
        #expect(try data.values(1, as: tensor([1])) == [2])
    }

    /// A header alone may claim any number of samples of nothing.
    @Test func samplesWithoutElementsAreRefused() throws {
        let path = try folder.write(npy("<f4", "(1099511627776, 0)", []), to: "nothing.npy")
        let error = #expect(throws: DatasetError.self) { try Dataset(path: path) }
        #expect(error?.message.contains("hold no elements") == true)
    }

    @Test func shapesThatDoNotFitAreNamed() throws {
        let data = try Dataset(path: try archive([("x", [1, 2, 3], [1, 2, 3, 4, 5, 6])]))
        let error = #expect(throws: DatasetError.self) { try data.values(0, as: tensor([1, 4, 4, 1], name: "pixels")) }
        #expect(error?.description.contains("[2, 3]") == true)
        #expect(error?.description.contains("'pixels' takes [1, 4, 4, 1]") == true)
    }

    @Test func flatFolder() throws {
        try folder.write(try fixture("RGB"), to: "b.png")
        try folder.write(try fixture("RGBA"), to: "a.PNG")
        try folder.write(try fixture("RGB"), to: ".hidden.png")
        try folder.write([1, 2, 3], to: "notes.txt")
        let data = try Dataset(path: folder.path)
        #expect(data.count == 2)
        #expect(data.labels == nil)
        let pixels = try data.values(1, as: tensor([1, 5, 7, 3], .uint8), UInt8.self)
        #expect(checksum(pixels) == ImageFixture.all.first { $0.name == "RGB" }?.rgbChecksum)
        let gray = try data.values(1, as: tensor([1, 5, 7, 1], .uint8), UInt8.self)
        #expect(checksum(gray) == ImageFixture.all.first { $0.name == "RGB" }?.lumaChecksum)
    }

    @Test func channelsFirstInput() throws {
        try folder.write(try fixture("RGB"), to: "a.png")
        let data = try Dataset(path: folder.path)
        let last = try data.values(0, as: tensor([1, 5, 7, 3]))
        let first = try data.values(0, as: tensor([1, 3, 5, 7]))
        for pixel in 0..<35 {
            for channel in 0..<3 { #expect(first[channel * 35 + pixel] == last[pixel * 3 + channel]) }
        }
    }

    @Test func foldersByClass() throws {
        for name in ["dog/1.png", "cat/2.png", "cat/1.png", ".cache/x.png", "dog/readme.txt"] {
            try folder.write(try fixture("RGB"), to: name)
        }
        let data = try Dataset(path: folder.path)
        #expect(data.labels == [0, 0, 1])
        #expect(try ImageFolder(path: folder.path).classNames == ["cat", "dog"])
    }

    @Test func labelTable() throws {
        try folder.write(try fixture("RGB"), to: "a, b.png")
        try folder.write(try fixture("gray 8 bits"), to: "sub/c.png")
        try folder.write(Array("\u{FEFF}file,label\r\nsub/c.png, 4\r\n\"a, b.png\",1\r\n\r\n".utf8), to: "labels.csv")
        let data = try Dataset(path: folder.path)
        #expect(data.labels == [4, 1])
        #expect(try data.values(1, as: tensor([1, 5, 7, 3], .uint8), UInt8.self).count == 105)
    }

    @Test(arguments: [
        "file,label\na.png\n", "file,label\na.png,cat\n", "file,label\n../a.png,1\n", "file,label\n/a.png,1\n",
    ])
    func malformedLabelTable(_ table: String) throws {
        try folder.write(Array(table.utf8), to: "labels.csv")
        let error = #expect(throws: DatasetError.self) { try Dataset(path: folder.path) }
        #expect(error?.location?.hasSuffix("labels.csv:2") == true)
    }

    @Test func otherSizes() throws {
        let path = try folder.write(try fixture("RGB"), to: "a.png")
        let error = #expect(throws: DatasetError.self) {
            try Dataset(path: path).values(0, as: tensor([1, 10, 14, 3], name: "pixels"))
        }
        #expect(error?.message == "the image is 7 × 5, and the input 'pixels' takes [1, 10, 14, 3]")
        #expect(error?.remedy?.contains("--resize") == true)
    }

    @Test("--resize is not proposed for samples of other channels, which it leaves as they are")
    func otherChannels() throws {
        let path = try archive([("x", [1, 28, 28, 1], [UInt8](repeating: 0, count: 784))])
        let error = #expect(throws: DatasetError.self) {
            try Dataset(path: path).values(0, as: tensor([1, 32, 32, 3]))
        }
        #expect(error?.remedy == nil)
    }

    @Test func whatIsNoDataSet() throws {
        #expect(throws: DatasetError.self) { try Dataset(path: folder.path) }
        #expect(throws: DatasetError.self) { try Dataset(path: folder.path + "/missing.npz") }
        let path = try folder.write(Array("hello".utf8), to: "hello.txt")
        #expect(throws: DatasetError.self) { try Dataset(path: path) }
        #expect(throws: DatasetError.self) { try Dataset(path: try folder.write([], to: "empty.npz")) }
    }

    @Test func unreadableImagesAreNamed() throws {
        try folder.write([1, 2, 3], to: "broken.jpg")
        let data = try Dataset(path: folder.path)
        let error = #expect(throws: DatasetError.self) { try data.values(0, as: tensor([1, 5, 7, 3])) }
        #expect(error?.location?.hasSuffix("broken.jpg") == true)
    }

    /// The checksums are of the float32 bytes of `x.astype(np.float32) * np.float32(scale) + np.float32(offset)`.
    @Test("real data sets load as NumPy reads them", .needsShared)
    func realArrays() throws {
        let data = try Dataset(
            path: sharedFolder! + "/data/kws_eval.npz", preprocessing: Preprocessing(scale: 0.0078431372, offset: -1),
            limit: 50)
        var sum: UInt32 = 0
        for sample in 0..<50 {
            let values = try data.values(sample, as: tensor([1, 49, 10, 1]))
            sum = values.withUnsafeBytes { checksum($0, continuing: sum) }
        }
        #expect(sum == 4159047858)
        #expect(data.labels?.reduce(0, +) == 298)
    }
}
