/// What costs more than most commands need: the texts of options, which only help and completions show.
@propertyWrapper
struct MadeWhenRead<Value>: Sendable {
    private let make: @Sendable () -> Value

    init(wrappedValue make: @autoclosure @escaping @Sendable () -> Value) { self.make = make }

    var wrappedValue: Value { make() }
}

/// One option: parsing, help, manual and completions all come from its declaration.
struct Option: Sendable {
    /// The headings of the help, in order.
    enum Group: String, Sendable, CaseIterable {
        case compression = "Making the model smaller"
        case data = "Data"
        case gates = "Gates: the result is written all the same, and the exit code is 1"
        case output = "Output"
        case running = "Running"
        case information = "About the command"
    }

    /// What a shell can complete a value to.
    enum Completion: Sendable, Equatable {
        case nothing, file, choices([String])
    }

    /// The long name without its dashes.
    var name: String
    var short: Character?
    /// The name of its value in the help; nil for a switch.
    var placeholder: String?
    @MadeWhenRead var completion = Completion.nothing
    var group: Group
    /// One line for the help, lower case, without a full stop.
    @MadeWhenRead var summary: String
    /// What holds if it is not given; nil where that goes without saying.
    @MadeWhenRead var standard: String?
    var commands: [Command]
    /// Options that cannot be given together with this one.
    var excludes: [String] = []
    /// At least one of these must be given too.
    var requires: [String] = []
    var isRepeatable = false
    /// Whether it concerns a folder run as a whole, and is not handed to the process of each model.
    var isForFolder = false
    /// Whether its value is a number, so that `-1` is a value and not an option.
    var takesNumber = false
    /// Puts the value (empty for a switch) into the settings, or says what it should have been: `a number from 0 to 1`.
    var apply: @Sendable (_ value: String, _ settings: inout Settings) throws(Expectation) -> Void

    /// What a value should have been.
    struct Expectation: Error {
        var text: String
        init(_ text: String) { self.text = text }
    }

    /// `--prune SHARE`
    var synopsis: String { "--\(name)" + (placeholder.map { " \($0)" } ?? "") }
}

extension Option {
    static func flag(
        _ name: String, short: Character? = nil, _ group: Group,
        _ summary: @autoclosure @escaping @Sendable () -> String,
        commands: [Command] = [.optimize], excludes: [String] = [], requires: [String] = [],
        isForFolder: Bool = false, set: @escaping @Sendable (inout Settings) -> Void
    ) -> Option {
        Option(
            name: name, short: short, group: group, summary: summary(), commands: commands, excludes: excludes,
            requires: requires, isForFolder: isForFolder
        ) { _, settings throws(Expectation) in set(&settings) }
    }

    static func path(
        _ name: String, short: Character? = nil, _ placeholder: String, _ group: Group,
        _ summary: @autoclosure @escaping @Sendable () -> String,
        standard: String? = nil, commands: [Command] = [.optimize], requires: [String] = [],
        isRepeatable: Bool = false,
        isForFolder: Bool = false, set: @escaping @Sendable (inout Settings, String) throws(Expectation) -> Void
    ) -> Option {
        Option(
            name: name, short: short, placeholder: placeholder, completion: .file, group: group, summary: summary(),
            standard: standard, commands: commands, requires: requires, isRepeatable: isRepeatable,
            isForFolder: isForFolder
        ) { value, settings throws(Expectation) in
            guard !value.isEmpty else { throw Expectation("a path") }
            try set(&settings, value)
        }
    }

    static func number(
        _ name: String, _ placeholder: String, in range: ClosedRange<Double>, _ group: Group,
        _ summary: @autoclosure @escaping @Sendable () -> String,
        standard: String? = nil, commands: [Command] = [.optimize], requires: [String] = [],
        isForFolder: Bool = false,
        set: @escaping @Sendable (inout Settings, Double) -> Void
    ) -> Option {
        Option(
            name: name, placeholder: placeholder, group: group, summary: summary(), standard: standard,
            commands: commands, requires: requires, isForFolder: isForFolder, takesNumber: true
        ) { value, settings throws(Expectation) in
            guard let number = Double(value), number.isFinite, range.contains(number) else {
                throw Expectation("a number" + describe(range))
            }
            set(&settings, number)
        }
    }

    static func count(
        _ name: String, in range: ClosedRange<Int>, _ group: Group,
        _ summary: @autoclosure @escaping @Sendable () -> String, standard: String? = nil,
        commands: [Command] = [.optimize], isForFolder: Bool = false,
        set: @escaping @Sendable (inout Settings, Int) -> Void
    ) -> Option {
        Option(
            name: name, placeholder: "N", group: group, summary: summary(), standard: standard, commands: commands,
            isForFolder: isForFolder, takesNumber: true
        ) { value, settings throws(Expectation) in
            guard let number = Int(value), range.contains(number) else {
                let upper = range.upperBound == .max ? " from \(range.lowerBound) on" : ""
                throw Expectation(
                    "a whole number" + (upper.isEmpty ? " from \(range.lowerBound) to \(range.upperBound)" : upper))
            }
            set(&settings, number)
        }
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ placeholder: String, of type: Choice.Type, _ group: Group,
        _ summary: @autoclosure @escaping @Sendable () -> String,
        standard: String? = nil, commands: [Command] = [.optimize], requires: [String] = [],
        set: @escaping @Sendable (inout Settings, Choice) -> Void
    ) -> Option where Choice.RawValue == String {
        Option(
            name: name, placeholder: placeholder, completion: .choices(type.allCases.map(\.rawValue)), group: group,
            summary: summary(),
            standard: standard, commands: commands, requires: requires
        ) { value, settings throws(Expectation) in
            guard let choice = Choice(rawValue: value) else {
                throw Expectation(list(type.allCases.map(\.rawValue), last: "or"))
            }
            set(&settings, choice)
        }
    }

    /// `a, b or c`
    static func list(_ names: [String], last: String) -> String {
        guard let end = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " \(last) " + end
    }

    private static func describe(_ range: ClosedRange<Double>) -> String {
        func text(_ value: Double) -> String { value == value.rounded() ? String(Int(value)) : "\(value)" }
        switch (abs(range.lowerBound) >= 1e15, abs(range.upperBound) >= 1e15) {
        case (true, true): return ""
        case (true, false): return " up to " + text(range.upperBound)
        case (false, true): return " from \(text(range.lowerBound)) on"
        case (false, false): return " from \(text(range.lowerBound)) to \(text(range.upperBound))"
        }
    }
}
