import OptimizerKit

/// The command line, understood.
struct Invocation: Sendable {
    /// One option as it was given.
    struct Occurrence: Sendable, Equatable {
        var name: String
        /// nil for a switch.
        var value: String?
    }

    var command: Command
    var settings: Settings
    /// In the order given.
    var occurrences: [Occurrence]

    /// - Parameter arguments: without the name of the program.
    init(_ arguments: [String]) throws(UsageError) {
        command = Command(firstArgument: arguments.first)
        settings = Settings()
        occurrences = []
        var reader = ArgumentReader(arguments.dropFirst(command == .optimize ? 0 : 1))
        let options = OptionTable.options(of: command)
        var operands: [String] = []
        while let token = reader.next() {
            switch token {
            case .operand(let text): operands.append(text)
            case .option(let spelling, let attached):
                let option = try Self.find(spelling, in: options, command: command)
                let value = try Self.value(of: option, spelling: spelling, attached: attached, from: &reader)
                do throws(Option.Expectation) { try option.apply(value ?? "", &settings) } catch {
                    throw UsageError("--\(option.name) wants \(error.text), not '\(value ?? "")'")
                }
                occurrences.append(Occurrence(name: option.name, value: value))
                // A question is answered whatever else is there.
                if settings.question != nil { return }
            }
        }
        try checkCombinations(options)
        try takeOperands(operands)
    }

    private static func find(_ spelling: String, in options: [Option], command: Command) throws(UsageError) -> Option {
        if spelling.hasPrefix("--") {
            let name = String(spelling.dropFirst(2))
            if let option = options.first(where: { $0.name == name }) { return option }
            if OptionTable.all.contains(where: { $0.name == name }) {
                throw UsageError("\(spelling) is not an option of '\(command.spelling)'")
            }
            let suggestion = Suggestion.nearest(to: name, in: options.map(\.name))
            throw UsageError(
                "there is no option \(spelling)", hint: suggestion.map { "Did you mean --\($0)?" })
        }
        if let option = options.first(where: { option in option.short.map { "-\($0)" } == spelling }) { return option }
        let name = String(spelling.dropFirst())
        let suggestion = OptionTable.all.contains { $0.name == name } ? "Did you mean --\(name)?" : nil
        throw UsageError("there is no option \(spelling)", hint: suggestion)
    }

    private static func value(
        of option: Option, spelling: String, attached: String?, from reader: inout ArgumentReader
    ) throws(UsageError) -> String? {
        guard let placeholder = option.placeholder else {
            guard let attached else { return nil }
            throw UsageError("\(spelling) takes no value, and was given '\(attached)'")
        }
        if let attached { return attached }
        guard let value = reader.value(isNumber: option.takesNumber) else {
            throw UsageError(
                "\(spelling) needs a value: \(spelling) \(placeholder)",
                hint: reader.following.map { "A value that starts with a dash is written --\(option.name)=\($0)" })
        }
        return value
    }

    private func checkCombinations(_ options: [Option]) throws(UsageError) {
        let given = Set(occurrences.map(\.name))
        for option in options where given.contains(option.name) {
            if let other = option.excludes.first(where: given.contains) {
                throw UsageError("--\(option.name) and --\(other) exclude each other", hint: "Give one of them.")
            }
            if !option.requires.isEmpty, given.isDisjoint(with: option.requires) {
                let known = option.requires.filter { name in options.contains { $0.name == name } }
                let names = Option.list(known.map { "--\($0)" }, last: "or")
                throw UsageError("--\(option.name) has no effect without \(names)", hint: "Add \(names).")
            }
        }
        let passes = settings.optimization.passes ?? OptimizationJob.standardPasses
        if settings.optimization.pruning != nil, !passes.contains("prune") {
            throw UsageError("--prune has no effect: --pipeline does not name prune")
        }
        if let mode = settings.optimization.quantization, !passes.contains("quantize") {
            throw UsageError("--\(mode.rawValue) has no effect: --pipeline does not name quantize")
        }
    }

    private mutating func takeOperands(_ operands: [String]) throws(UsageError) {
        guard let model = operands.first, !model.isEmpty else {
            let usage =
                command == .optimize
                ? "optimize MODEL [-o OUTPUT] --int8 [options]; 'optimize --help' lists them all."
                : HelpText.usage(of: command)
            throw UsageError("no model is named", hint: "Usage: " + usage)
        }
        if command == .compare, operands.count == 2, !operands[1].isEmpty {
            settings.otherModel = operands[1]
        } else if operands.count != 1 {
            let commands = Command.allCases.map(\.rawValue)
            if command == .optimize, let meant = Suggestion.nearest(to: model, in: commands) {
                throw UsageError("'\(model)' is no command", hint: "Did you mean 'optimize \(meant)'?")
            }
            throw UsageError(
                "one model at a time: '\(model)' and '\(operands[1])'",
                hint: command == .compare
                    ? "'optimize compare' takes one or two." : "A folder of models is converted by naming the folder.")
        }
        settings.model = model
        settings.optimization.input = model
        settings.optimization.output = settings.output
        switch command {
        case .optimize, .inspect: break
        case .bench:
            guard settings.numerics.count <= 1 else {
                throw UsageError("bench follows one engine: give --numerics one name")
            }
        case .run:
            guard !settings.arrays.isEmpty else { throw UsageError("run needs --input FILE.npz") }
            guard settings.output != nil else { throw UsageError("run needs --output FILE.npz") }
            guard settings.numerics.count <= 1 else {
                throw UsageError("run follows one engine: give --numerics one name")
            }
        case .compare: try checkComparison()
        }
    }

    private func checkComparison() throws(UsageError) {
        guard settings.otherModel == nil, settings.layer == nil, settings.numerics.count < 2 else { return }
        throw UsageError(
            "there is nothing to compare '\(settings.model)' with",
            hint: "Name a second model, or two engines: --numerics=reference,xnnpack")
    }

    /// The arguments that hand the same settings to the process of one model of a folder run.
    var argumentsForOneModel: [String] {
        let own = Set(OptionTable.all.filter(\.isForFolder).map(\.name))
        return occurrences.filter { !own.contains($0.name) }.map { occurrence in
            "--\(occurrence.name)" + (occurrence.value.map { "=\($0)" } ?? "")
        }
    }
}

/// Splits arguments into options and operands, as far as that can be told without knowing the options.
struct ArgumentReader {
    enum Token: Equatable {
        /// `spelling` keeps its dashes; `attached` is what stands behind `=`, or behind a short option's letter.
        case option(spelling: String, attached: String?)
        case operand(String)
    }

    private var rest: ArraySlice<String>
    private var optionsEnded = false

    init(_ arguments: ArraySlice<String>) { rest = arguments }

    /// The argument that comes next, whatever it is.
    var following: String? { rest.first }

    mutating func next() -> Token? {
        guard let text = rest.popFirst() else { return nil }
        guard !optionsEnded, text.hasPrefix("-"), text != "-" else { return .operand(text) }
        if text == "--" {
            optionsEnded = true
            return next()
        }
        if text.hasPrefix("--") {
            guard let equals = text.firstIndex(of: "=") else { return .option(spelling: text, attached: nil) }
            return .option(spelling: String(text[..<equals]), attached: String(text[text.index(after: equals)...]))
        }
        // `-oFILE`; a word behind one dash is taken as a long option with a dash forgotten.
        let isPath = text.hasPrefix("-o") && text != "-output"
        guard isPath, text.count > 2 else { return .option(spelling: text, attached: nil) }
        let value = text.dropFirst(2)
        return .option(spelling: "-o", attached: String(value.first == "=" ? value.dropFirst() : value))
    }

    /// Takes the value of the option read last; nil if there is none, or an option stands in its place.
    mutating func value(isNumber: Bool) -> String? {
        guard let text = rest.first else { return nil }
        if text.hasPrefix("-"), text != "-" {
            guard isNumber, Double(text) != nil else { return nil }
        }
        return rest.popFirst()
    }
}
