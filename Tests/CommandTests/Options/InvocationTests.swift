import OptimizerKit
import Testing

@testable import optimize

@Suite("Arguments")
struct InvocationTests {
    private func settings(_ arguments: String...) throws -> Settings { try Invocation(arguments).settings }

    private func message(_ arguments: String...) -> UsageError? {
        do throws(UsageError) { _ = try Invocation(arguments) } catch { return error }
        return nil
    }

    @Test("Values stand behind the option or behind an equals sign")
    func values() throws {
        for arguments in [["m", "--prune", "0.5"], ["m", "--prune=0.5"], ["--prune", "0.5", "m"]] {
            #expect(try Invocation(arguments).settings.optimization.pruning?.sparsity == 0.5)
        }
        for arguments in [
            ["m", "-o", "x"], ["m", "-ox"], ["m", "-o=x"], ["m", "--output=x"], ["m", "--output", "x"],
        ] {
            #expect(try Invocation(arguments).settings.output == "x")
        }
        #expect(try settings("m", "--output=a=b").output == "a=b")
    }

    @Test("Numbers may be negative")
    func negative() throws {
        let given = try settings("m", "--evaluate", "d", "--scale", "-2.5e-1", "--offset", "-1").optimization
        #expect(given.scale == -0.25)
        #expect(given.offset == -1)
    }

    @Test("A scale is rounded to float32 as NumPy does it")
    func scale() throws {
        // numpy.float32(0.00392156862745098) has these bits.
        #expect(
            try settings("m", "--evaluate", "d", "--scale", "0.00392156862745098").optimization.scale.bitPattern
                == 0x3B80_8081)
    }

    @Test("Two dashes end the options")
    func endOfOptions() throws {
        #expect(try settings("--int8", "--", "--model").model == "--model")
        #expect(try settings("--int8", "-").model == "-")
    }

    @Test("The last one counts where an option is given twice, and reports add up")
    func repetition() throws {
        #expect(try settings("m", "--threads", "3", "--threads", "2").optimization.threads == 2)
        #expect(try settings("m", "--report", "a.json", "--report", "b.md").optimization.reports == ["a.json", "b.md"])
    }

    @Test("Everything lands in the settings")
    func everything() throws {
        let given = try settings(
            "m", "--int8", "--int8-io", "--prune", "0.25", "--prune-scope", "global", "--prune-depthwise",
            "--prune-first-last", "--calibrate", "c", "--samples", "10", "--evaluate", "e", "--resize", "96x128",
            "--max-drop", "1.5", "--min-accuracy", "90", "--max-size", "300KB", "--pipeline",
            "fold-batchnorm,prune,quantize",
            "--stop-after-patch", "3", "--strict", "--force", "--json", "--quiet")
        let job = given.optimization
        #expect(job.quantization == .int8)
        #expect(job.interface == .int8)
        #expect(job.pruning?.scope == .global)
        #expect(job.pruning?.sparsity == 0.25)
        #expect(job.pruning?.includesDepthwise == true)
        #expect(job.pruning?.includesFirstAndLast == true)
        #expect(job.calibration == "c")
        #expect(job.calibrationLimit == 10)
        #expect(job.evaluation == "e")
        #expect(job.resize == .init(height: 96, width: 128))
        #expect(job.gates.maximumDrop == 1.5)
        #expect(job.gates.minimumAccuracy == 90)
        #expect(job.gates.maximumSize == 300_000)
        #expect(job.passes == ["fold-batchnorm", "prune", "quantize"])
        #expect(job.patchLimit == 3)
        #expect(job.isStrict && job.replacesOutput && given.printsJSON && given.isQuiet)
    }

    @Test("The pruning options may come in any order")
    func pruningOrder() throws {
        let pruning = try settings("m", "--prune-scope", "global", "--prune", "0.5").optimization.pruning
        #expect(pruning?.scope == .global)
        #expect(pruning?.sparsity == 0.5)
    }

    @Test(
        "What is wrong is said, with what would be right",
        arguments: [
            (["m", "--prune", "1.5"], "--prune wants a number from 0 to 1, not '1.5'"),
            (["m", "--prune", "nan"], "--prune wants a number from 0 to 1, not 'nan'"),
            (["m", "--threads", "0"], "--threads wants a whole number from 1 to 256, not '0'"),
            (["m", "--samples", "x"], "--samples wants a whole number from 1 on, not 'x'"),
            (["m", "--int8=yes"], "--int8 takes no value, and was given 'yes'"),
            (["m", "--output"], "--output needs a value: --output PATH"),
            (["m", "--calibrate", "--int8"], "--calibrate needs a value: --calibrate DATA"),
            (["m", "--int8", "--weight-only"], "--int8 and --weight-only exclude each other"),
            (["m", "--float-io"], "--float-io has no effect without --int8"),
            (["m", "--max-drop", "1"], "--max-drop has no effect without --evaluate"),
            (["m", "--prune-depthwise"], "--prune-depthwise has no effect without --prune"),
            (["m", "--max-size", "big"], "--max-size wants a size such as 300KB or 1.5MiB, not 'big'"),
            (["m", "--resize", "96"], "--resize wants a height and a width of 1 to 16384, such as 96x128, not '96'"),
            (["m", "--report", "r.txt"], "--report wants a name that ends in .json or .md, not 'r.txt'"),
            (["m", "--prune-scope", "all"], "--prune-scope wants per-layer or global, not 'all'"),
            (["m", "n"], "one model at a time: 'm' and 'n'"),
            (["inspct", "m"], "'inspct' is no command"),
            (["--int8"], "no model is named"),
            (["run", "m"], "run needs --input FILE.npz"),
            (["run", "m", "--input", "a"], "run needs --output FILE.npz"),
            (["run", "m", "--int8"], "--int8 is not an option of 'optimize run'"),
            (
                ["m", "--prune", "0.5", "--pipeline", "quantize"],
                "--prune has no effect: --pipeline does not name prune"
            ),
            (["m", "--int8", "--pipeline", "prune"], "--int8 has no effect: --pipeline does not name quantize"),
            (["m", "--pipeline", "prune,prune"], "--pipeline wants each pass once, not 'prune,prune'"),
        ])
    func mistakes(arguments: [String], message: String) {
        #expect(throws: UsageError.self) { try Invocation(arguments) }
        do throws(UsageError) { _ = try Invocation(arguments) } catch { #expect(error.message == message) }
    }

    @Test("A name that is nearly right is suggested")
    func suggestions() {
        #expect(message("m", "--int9")?.hint == "Did you mean --int8?")
        #expect(message("m", "--evalute", "x")?.hint == "Did you mean --evaluate?")
        #expect(message("m", "--weight")?.hint == "Did you mean --weight-only?")
        #expect(message("m", "-int8")?.hint == "Did you mean --int8?")
        #expect(message("m", "--xyzzy")?.hint == nil)
        #expect(message("m", "--output", "-x")?.hint == "A value that starts with a dash is written --output=-x")
    }

    @Test("A question is answered whatever else is there")
    func questions() throws {
        #expect(try settings("--help", "--nonsense").question == .help)
        #expect(try settings("run", "-h").question == .help)
        #expect(try settings("--completions", "zsh").question == .completions(.zsh))
    }

    @Test("The process of one model gets the settings, and not what concerns the folder")
    func forwarding() throws {
        let invocation = try Invocation([
            "models", "-o", "out", "--int8", "--calibrate", "c", "--offset", "-1", "--jobs", "2", "--timeout=9",
            "--report", "r.md", "--json", "--force",
        ])
        #expect(invocation.argumentsForOneModel == ["--int8", "--calibrate=c", "--offset=-1", "--force"])
    }
}

@Suite("Sizes")
struct ByteCountTests {
    @Test(
        "Units of 1000 and of 1024",
        arguments: [
            ("4096", 4096), ("300KB", 300_000), ("300 kB", 300_000), ("1.5MiB", 1_572_864), ("2GB", 2_000_000_000),
            ("7B", 7), ("0", 0), ("1.9B", 1),
        ])
    func sizes(text: String, bytes: Int) { #expect(ByteCount.parse(text) == bytes) }

    @Test("What is no size", arguments: ["", "KB", "-1", "1XB", "1e400", "99999999999GB", "1.2.3KB", "٣KB"])
    func noSizes(text: String) { #expect(ByteCount.parse(text) == nil) }
}

@Suite("Suggestions")
struct SuggestionTests {
    @Test("Distances are those of Damerau and Levenshtein, without edits inside a swap")
    func distances() {
        // kitten/sitting is Levenshtein's textbook pair; ca/abc separates the two variants of the swap.
        #expect(Suggestion.distance("kitten", "sitting") == 3)
        #expect(Suggestion.distance("int8", "itn8") == 1)
        #expect(Suggestion.distance("ca", "abc") == 3)
        #expect(Suggestion.distance("", "abc") == 3)
        #expect(Suggestion.distance("abc", "abc") == 0)
    }
}
