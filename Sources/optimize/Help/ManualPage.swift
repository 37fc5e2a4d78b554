import OptimizerKit

/// The manual page, in the man macros of roff.
enum ManualPage {
    static var text: String {
        var lines = [
            ".TH OPTIMIZE 1 \"\" \"optimize \(OptimizationJob.version)\" \"User Commands\"",
            ".SH NAME", "optimize \\- make trained networks smaller, and measure what that costs",
            ".SH SYNOPSIS",
        ]
        for usage in HelpText.usage {
            let words = usage.split(separator: " ", maxSplits: 1)
            lines += [".B \(escaped(String(words[0])))", escaped(String(words[1])), ".br"]
        }
        lines += [".SH DESCRIPTION", escaped(HelpText.summary)]
        lines += [
            ".PP",
            escaped(
                "Results go to standard output, all else to standard error. An input is never changed. "
                    + "An output appears whole or not at all, and an existing one is overwritten only with --force. "
                    + "The same input and options give the same bytes, on any number of threads."),
            ".PP",
            escaped(
                "Of a folder every model below it is converted, in a process of its own; hidden files and "
                    + "linked folders are left out. The results and summary.json are written to the output folder."),
        ]
        for group in Option.Group.allCases {
            let options = OptionTable.all.filter { $0.group == group }
            guard !options.isEmpty else { continue }
            lines.append(".SH \(escaped(group.rawValue.uppercased()))")
            for option in options {
                var head = option.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
                head += "\\fB\(escaped("--" + option.name))\\fR"
                if let placeholder = option.placeholder { head += " \\fI\(escaped(placeholder))\\fR" }
                lines += [".TP", head, sentence(option)]
            }
        }
        lines.append(".SH PASSES")
        for pass in OptimizationJob.passes { lines += [".TP", "\\fB\(escaped(pass.name))\\fR", escaped(pass.summary)] }
        lines.append(".SH EXIT STATUS")
        for code in ExitCode.allCases { lines += [".TP", "\(code.rawValue)", escaped(code.meaning)] }
        lines += [
            ".SH ENVIRONMENT", ".TP", "\\fBNO_COLOR\\fR", "if set and not empty, no colors are used on terminals",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func sentence(_ option: Option) -> String {
        var text = option.summary
        if let standard = option.standard { text += " (default: \(standard))" }
        if !option.requires.isEmpty {
            text += "; needs " + Option.list(option.requires.map { "--\($0)" }, last: "or")
        }
        if !option.excludes.isEmpty {
            text += "; not with " + Option.list(option.excludes.map { "--\($0)" }, last: "or")
        }
        return escaped(text)
    }

    /// Text in which roff sees no commands: no backslash, no leading dot or quote, dashes that stay dashes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "·": result += "\\(mu"
            case "…": result += "..."
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
    }
}
