import Foundation
import Subprocess
import Testing

@Suite("Outputs appear whole or not at all")
struct OutputTests {
    @Test("An existing file is overwritten only with --force, the input never")
    func force() async throws {
        let folder = try TemporaryFolder()
        let old = Data("old".utf8)
        let output = try folder.write("out.tflite", old)
        let refused = try await BuiltCommand.run([Models.dscnn, "--weight-only", "-o", output])
        #expect(refused.code == 5)
        #expect(refused.error.contains("exists already") && refused.error.contains("--force"))
        #expect(folder.bytes("out.tflite") == old)
        #expect(try await BuiltCommand.run([Models.dscnn, "--weight-only", "-o", output, "--force"]).code == 0)
        let made = try #require(folder.bytes("out.tflite"))
        #expect(made != old)

        let model = try folder.copy(Models.dscnn, as: "model.tflite")
        #expect(try await BuiltCommand.run([model, "--weight-only", "-o", model]).code == 5)
        #expect(folder.bytes("model.tflite") == FileManager.default.contents(atPath: Models.dscnn))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.tflite"), withDestinationPath: model)
        for name in [model, folder.path("link.tflite")] {
            let input = try await BuiltCommand.run([model, "--weight-only", "-o", name, "--force"])
            #expect(input.code == 5)
            #expect(input.error.contains("overwrite the input model"))
        }
        #expect(folder.bytes("model.tflite") == FileManager.default.contents(atPath: Models.dscnn))
        #expect(folder.contents == ["link.tflite", "model.tflite", "out.tflite"])
    }

    @Test("A link stays a link, and what it leads to is written")
    func link() async throws {
        let folder = try TemporaryFolder()
        try folder.write("real.tflite", Data("old".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.tflite"), withDestinationPath: "real.tflite")
        let outcome = try await BuiltCommand.run([Models.dscnn, "-o", folder.path("link.tflite"), "--force"])
        #expect(outcome.code == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link.tflite")) == "real.tflite")
        #expect(folder.bytes("real.tflite")?.count ?? 0 > 1000)
    }

    @Test("Places where nothing can be written are found before any work is done")
    func places() async throws {
        let folder = try TemporaryFolder()
        let model = try folder.copy(Models.dscnn, as: "model.tflite")
        for output in [
            folder.path("no/such/out.tflite"), folder.path, "/dev/full", "/dev/null", model + "/out.tflite",
            folder.path(String(repeating: "n", count: 300)),
        ] {
            let outcome = try await BuiltCommand.run([model, "--int8", "-o", output, "--force"])
            #expect(outcome.code == 5, "\(output): \(outcome.error)")
            // The warning on made-up samples comes with the work.
            #expect(outcome.messages.count == 1, "\(outcome.error)")
        }
        let report = try await BuiltCommand.run([model, "--report", folder.path("no/r.json")])
        #expect(report.code == 5)
        #expect(folder.contents == ["model.tflite"])
    }

    @Test("A report overwrites neither the model nor data, and no two outputs have one name")
    func collisions() async throws {
        let folder = try TemporaryFolder()
        let model = try folder.copy(Models.dscnn, as: "model.json")
        let data = try folder.copy(Models.evaluation, as: "data.npz")
        let out = folder.path("out.json")
        for arguments in [
            ["--report", model, "-o", out, "--force"], ["--evaluate", data, "-o", data, "--force"],
            ["--report", out, "-o", out], ["--report", out, "-o", folder.path("./out.json")],
        ] {
            let outcome = try await BuiltCommand.run([model] + arguments)
            #expect([2, 5].contains(outcome.code), "\(outcome.error)")
        }
        #expect(folder.contents == ["data.npz", "model.json"])
        #expect(folder.bytes("model.json") == FileManager.default.contents(atPath: Models.dscnn))
    }

    @Test("A disk that fills up while writing leaves nothing behind")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        // A limit of 4 KiB on the size of files, in blocks of 512 bytes, stands for the disk.
        let outcome = try await BuiltCommand.run(
            shell: "ulimit -f 8; exec \"$0\" \"$@\"",
            [Models.resnet, "--weight-only", "-o", folder.path("out.tflite"), "--report", folder.path("r.json")])
        #expect(outcome.code == 5, "\(outcome.status) \(outcome.error)")
        #expect(outcome.messages.count == 1)
        #expect(outcome.error.contains("File too large"))
        #expect(folder.contents == [])
    }

    @Test("A reader that goes away is no mistake; a full standard output is one")
    func brokenPipe() async throws {
        let folder = try TemporaryFolder()
        let closed = try await BuiltCommand.run(
            shell: "{ \"$0\" \"$@\"; echo $? >&2; } | true", [Models.dscnn, "--json", "-o", folder.path("a.tflite")])
        #expect(closed.error == "0\n")
        #expect(folder.bytes("a.tflite") != nil)
        let none = try await BuiltCommand.run(
            shell: "exec \"$0\" \"$@\" >&-", [Models.dscnn, "--json", "-o", folder.path("c.tflite")])
        #expect(none.code == 5)
        #expect(none.messages.count == 1)
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let full = try await BuiltCommand.run(
            shell: "exec \"$0\" \"$@\" >/dev/full", [Models.dscnn, "--json", "-o", folder.path("b.tflite")])
        #expect(full.code == 5)
        #expect(full.error.contains("No space left"))
    }

    @Test(
        "A signal ends the process as shells expect it, and leaves nothing behind",
        arguments: [("INT", SIGINT), ("TERM", SIGTERM), ("HUP", SIGHUP)])
    func signals(signal: String, number: Int32) async throws {
        let folder = try TemporaryFolder()
        var stopped = 0
        // The signal meets the job in any stage, or not at all.
        for delay in stride(from: 0.01, through: 0.13, by: 0.04) {
            let outcome = try await BuiltCommand.run(
                [
                    Models.resnet, "--int8", "--calibrate", Models.calibration, "--evaluate", Models.evaluation, "-o",
                    folder.path("out.tflite"), "--force", "--report", folder.path("r.json"),
                ], sending: signal, after: delay)
            switch outcome.status {
            case .exited(let code): #expect(code == 0, "\(outcome.error)")
            case .signaled(let code):
                #expect(code == number)
                stopped += 1
            }
            #expect(folder.contents.allSatisfy { ["out.tflite", "r.json"].contains($0) }, "\(folder.contents)")
        }
        #expect(stopped > 0)
    }

    @Test("Data that are cut short while they are read end in an error, and leave nothing behind")
    func cutShort() async throws {
        let folder = try TemporaryFolder()
        let model = try folder.copy(Models.dscnn, as: "model.tflite")
        let count = 200_000
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(count), 8, 8, 1), }"
        let padded = header.padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
        let start = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(padded.utf8.count), 0]) + Data(padded.utf8)
        let data = try folder.write("data.npy", start + Data(count: count * 8 * 8))
        let outcome = try await BuiltCommand.run(
            shell: """
                data=$1; shift
                "$0" "$@" 2>"$data.messages" &
                until grep -q "open data took" "$data.messages" || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
                : >"$data"
                wait $!
                code=$?
                tail -n 1 "$data.messages"
                rm "$data.messages"
                exit $code
                """,
            [
                data, model, "--int8", "--calibrate", data, "--verbose", "--threads", "1", "-o",
                folder.path("out.tflite"),
            ])
        #expect(outcome.code == 3)
        #expect(outcome.output.hasPrefix("optimize: error: a file was cut short"), "\(outcome.output)")
        #expect(folder.contents == ["data.npy", "model.tflite"])
    }

    @Test("A fault that no file is to blame for ends the process as the system does")
    func fault() async throws {
        let outcome = try await BuiltCommand.run(
            shell: """
                "$0" "$@" 2>/dev/null &
                sleep 0.1
                kill -BUS $!
                wait $!
                """, ["bench", Models.resnet])
        #expect(outcome.code == 128 + SIGBUS)
    }

    @Test("A folder run that is stopped says what was not begun")
    func stoppedFolder() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<40 { try folder.copy(Models.resnet, as: "in/m\(index).tflite") }
        // The signal comes when the first result stands in its place, however slow the machine is.
        let outcome = try await BuiltCommand.run(
            shell: """
                "$0" "$@" &
                until [ -f "$3/m0.tflite" ] || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
                kill -TERM $!
                wait $!
                """, [folder.path("in"), "-o", folder.path("out"), "--int8", "--calibrate", Models.calibration])
        // As the shell says that a signal ended it.
        #expect(outcome.code == 128 + SIGTERM)
        #expect(outcome.output.contains("skipped"))
        let files = folder.contents.filter { $0.hasPrefix("out/") }
        #expect(files.contains("out/summary.json"))
        #expect(files.allSatisfy { $0.hasSuffix(".tflite") || $0 == "out/summary.json" }, "\(files)")
    }
}
