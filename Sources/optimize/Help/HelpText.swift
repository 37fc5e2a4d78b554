/// `--help`, and the few lines that stand for it where nothing was asked.
enum HelpText {
    static let usage = [
        "optimize MODEL [-o OUTPUT] --int8 [--prune SHARE] [--calibrate DATA] [--evaluate DATA] [options]",
        "optimize FOLDER -o OUTPUT_FOLDER --int8 [options]",
        "optimize run MODEL --input in.npz --output out.npz [--numerics ENGINE] [--threads N]",
        "optimize compare MODEL [OTHER] [--numerics ENGINE,ENGINE] [--evaluate DATA] [options]",
        "optimize inspect MODEL [--json]",
        "optimize bench MODEL [--threads N] [--numerics ENGINE] [--batch N] [--per-layer] [--json]",
    ]

    /// How the command is called.
    static func usage(of command: Command) -> String {
        usage.first { command != .optimize && $0.hasPrefix(command.spelling + " ") } ?? usage[0]
    }

    static let summary =
        "Makes trained networks (.tflite, .onnx) smaller: prunes, quantizes to int8, folds batch norm, and "
        + "reports what was saved and what it cost."

    /// What `optimize` without arguments says.
    static var short: String {
        usage.enumerated().map { ($0 == 0 ? "Usage: " : "       ") + $1 }.joined(separator: "\n")
            + "\n\n'optimize --help' lists all options.\n"
    }

    /// - Parameter width: columns of the terminal.
    static func text(for command: Command, width: Int) -> String {
        let width = max(60, min(width, 110))
        let options = OptionTable.options(of: command)
        var lines: [String] = []
        switch command {
        case .optimize:
            lines += wrapped(summary, width: width)
            lines += [""] + usage.enumerated().map { ($0 == 0 ? "Usage: " : "       ") + $1 }
        case .run:
            lines += wrapped(
                "Runs a model on the arrays of a file, and writes its outputs. Arrays with several inputs along the "
                    + "first axis run it once for each.", width: width)
            lines += ["", "Usage: " + usage(of: command)]
        case .compare:
            lines += wrapped(
                "Runs two models, or one with the arithmetic of two engines, on the same samples, and tells for each layer "
                    + "how many values differ and by how much. Layers are paired by the names of their results. Without "
                    + "--evaluate or --input the samples are made up.", width: width)
            lines += ["", "Usage: " + usage(of: command)]
        case .inspect:
            lines += wrapped(
                "Prints what a model is made of: inputs and outputs, operators, and each layer with its shape, weights, "
                    + "bytes and multiply-adds.", width: width)
            lines += ["", "Usage: " + usage(of: command)]
        case .bench:
            lines += wrapped(
                "Runs a model again and again on made-up inputs. Prints how long one inference takes, how many samples a "
                    + "second go through when each thread has its own, and what part of the machine's arithmetic that uses.",
                width: width)
            lines += ["", "Usage: " + usage(of: command)]
        }
        let column = 2 + (options.map { label($0).count }.max() ?? 0) + 2
        for group in Option.Group.allCases {
            let members = options.filter { $0.group == group }
            guard !members.isEmpty else { continue }
            lines += ["", group.rawValue]
            for option in members {
                let text = option.summary + (option.standard.map { " [default: \($0)]" } ?? "")
                let parts = wrapped(text, width: width - column)
                let head = "  " + label(option)
                lines.append(head + String(repeating: " ", count: column - head.count) + (parts.first ?? ""))
                lines += parts.dropFirst().map { String(repeating: " ", count: column) + $0 }
            }
        }
        if command == .optimize {
            lines += ["", "Passes: the first three run by themselves, in this order"]
            lines += PassList.lines(width: width)
            lines += ["", "Exit codes"]
            lines += ExitCode.allCases.map { code in
                "  " + String(repeating: " ", count: 2 - "\(code.rawValue)".count) + "\(code.rawValue)  \(code.meaning)"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `-o, --output PATH`
    static func label(_ option: Option) -> String {
        (option.short.map { "-\($0), " } ?? "    ") + option.synopsis
    }

    /// Lines of at most `width` columns, broken at spaces.
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
