import Foundation
import Testing

@Suite("Bad input ends in one line, a documented exit code, and no output")
struct BadInputTests {
    /// Runs the whole job on a file that it cannot be done on.
    private func refuse(
        _ model: String, in folder: TemporaryFolder, code: Int32, saying text: String = "",
        options: [String] = ["--int8", "--calibrate", Models.calibration],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = folder.contents
        let outcome = try await BuiltCommand.run(
            [model, "-o", folder.path("out.tflite"), "--report", folder.path("r.json"), "--json"] + options)
        #expect(outcome.code == code, "\(outcome.status): \(outcome.error)", sourceLocation: sourceLocation)
        #expect(outcome.messages.count == 1, "\(outcome.error)", sourceLocation: sourceLocation)
        #expect(outcome.error.hasPrefix("optimize: error: "), sourceLocation: sourceLocation)
        #expect(text.isEmpty || outcome.error.contains(text), "\(outcome.error)", sourceLocation: sourceLocation)
        #expect(outcome.output == "", sourceLocation: sourceLocation)
        #expect(folder.contents == before, sourceLocation: sourceLocation)
    }

    @Test("Truncated at every kilobyte")
    func truncated() async throws {
        let folder = try TemporaryFolder()
        let whole = try Data(contentsOf: URL(fileURLWithPath: Models.dscnn))
        for length in stride(from: 1024, to: whole.count, by: 1024) {
            let model = try folder.write("model.tflite", whole.prefix(length))
            try await refuse(model, in: folder, code: 3)
        }
    }

    @Test("A model that is not there is what is wrong, and not where the result would go")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([folder.path("none/model.tflite"), "--int8"])
        #expect(outcome.code == 3)
        #expect(outcome.error.contains("none/model.tflite: cannot open"), "\(outcome.error)")
    }

    @Test("Random bytes, with and without the mark of a model")
    func random() async throws {
        let folder = try TemporaryFolder()
        var state: UInt64 = 1
        for round in 0..<8 {
            var bytes = (0..<4096).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            if round % 2 == 1 { bytes.replaceSubrange(4..<8, with: Array("TFL3".utf8)) }
            let model = try folder.write("model.tflite", Data(bytes))
            try await refuse(model, in: folder, code: 3)
        }
    }

    @Test(
        "Files of other kinds are told by their content",
        arguments: [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "PNG"), ([], "empty"), (Array("hello\n".utf8), "text"),
            ([0x50, 0x4B, 0x03, 0x04, 0, 0, 0, 0], "zip"), ([0x1F, 0x8B, 8, 0, 0, 0], "gzip"),
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS"), (Array("{\"a\": 1}".utf8), "JSON"),
        ] as [([UInt8], String)])
    func otherKinds(bytes: [UInt8], name: String) async throws {
        let folder = try TemporaryFolder()
        try await refuse(try folder.write("model.tflite", Data(bytes)), in: folder, code: 3, saying: name)
    }

    @Test("A model stays in its format, whatever the output is called")
    func conversion() async throws {
        let folder = try TemporaryFolder()
        try await refuse(Models.onnx, in: folder, code: 2, saying: "stays in its format")
    }

    @Test("A damaged .onnx")
    func damaged() async throws {
        let folder = try TemporaryFolder()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: Models.onnx))
        let path = try folder.write("model.tflite", bytes.prefix(bytes.count / 2))
        try await refuse(path, in: folder, code: 3, saying: "model.tflite")
    }

    @Test("Missing and unreadable files, folders, devices")
    func places() async throws {
        let folder = try TemporaryFolder()
        try await refuse(folder.path("missing.tflite"), in: folder, code: 3, saying: "No such file")
        try await refuse("/dev/null", in: folder, code: 3, saying: "not a regular file")
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        try await refuse(pipe, in: folder, code: 3, saying: "not a regular file")
        try await refuse(Models.dscnn, in: folder, code: 3, saying: "pipe", options: ["--evaluate", pipe])
        let model = try folder.copy(Models.dscnn, as: "locked.tflite")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: model)
        if FileManager.default.isReadableFile(atPath: model) { return }
        try await refuse(model, in: folder, code: 3, saying: "Permission denied")
    }

    @Test("Data sets are opened before any work is done")
    func data() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("missing.npz")
        try await refuse(
            Models.dscnn, in: folder, code: 3, saying: "error: the data set cannot be read: \(path): cannot open",
            options: ["--int8", "--calibrate", path])
        try await refuse(
            Models.dscnn, in: folder, code: 3, saying: "broken.npz",
            options: ["--evaluate", try folder.write("broken.npz", Data("PK\u{3}\u{4}rubbish".utf8))])
        try await refuse(
            Models.dscnn, in: folder, code: 3, saying: "not a data set", options: ["--evaluate", Models.resnet])
    }

    @Test("File names cannot act on the terminal")
    func hostileName() async throws {
        let folder = try TemporaryFolder()
        let model = try folder.write("a\u{1B}[31m\nb.tflite", Data("x".utf8))
        try await refuse(model, in: folder, code: 3, saying: "a\\x1b[31m\\nb.tflite")
    }

    @Test("A model that cannot be run here: int8 needs running, the rest does not")
    func notRunnable() async throws {
        let shared = ProcessInfo.processInfo.environment["OPTIMIZE_SHARED"] ?? Models.folder + "/../../shared"
        let known = shared + "/models/selfie_segmentation.tflite"
        guard var bytes = FileManager.default.contents(atPath: known) else {
            print("skipped: there is no \(known)")
            return
        }
        // The same model with a custom operator that nobody knows.
        let name = try #require(bytes.range(of: Data("Convolution2DTransposeBias".utf8)))
        bytes.replaceSubrange(name, with: Data("Convolution2DTransposeBeta".utf8))
        let source = try TemporaryFolder()
        let model = try source.write("model.tflite", bytes)
        let folder = try TemporaryFolder()
        try await refuse(model, in: folder, code: 4, saying: "Convolution2DTransposeBeta", options: ["--int8"])
        let outcome = try await BuiltCommand.run([model, "--weight-only", "-o", folder.path("out.tflite")])
        #expect(outcome.code == 0)
        #expect(outcome.error.contains("cannot be run here"))
        #expect(folder.contents == ["out.tflite"])
    }
}
