import OptimizerKit
import Subprocess
import Testing

@testable import optimize

@Suite("Help, manual and completions come from the option table")
struct HelpTests {
    @Test("The table is consistent")
    func table() {
        let names = OptionTable.all.map(\.name)
        #expect(Set(names).count == names.count)
        let shorts = OptionTable.all.compactMap(\.short)
        #expect(Set(shorts).count == shorts.count)
        for option in OptionTable.all {
            for other in option.excludes + option.requires { #expect(names.contains(other), "--\(option.name)") }
            for other in option.excludes {
                let back = OptionTable.all.first { $0.name == other }?.excludes ?? []
                #expect(back.contains(option.name), "--\(option.name) and --\(other)")
            }
            #expect(option.summary.first?.isUppercase == false && !option.summary.hasSuffix("."), "--\(option.name)")
        }
    }

    @Test("The help lists every option of the command, every pass and every exit code, in lines that fit")
    func help() {
        for command in Command.allCases {
            for width in [60, 80, 110] {
                let text = HelpText.text(for: command, width: width)
                for option in OptionTable.options(of: command) { #expect(text.contains(HelpText.label(option))) }
                let lines = text.split(separator: "\n").filter { !$0.contains("optimize") && !$0.hasPrefix("Gates") }
                let tooLong = lines.filter { $0.count > width && !$0.contains("  1  ") && !$0.contains("  ") }
                #expect(tooLong == [])
            }
        }
        let text = HelpText.text(for: .optimize, width: 80)
        for pass in OptimizationJob.passes { #expect(text.contains("\n  \(pass.name) ")) }
        for code in ExitCode.allCases { #expect(text.contains("\(code.rawValue)  \(code.meaning)")) }
    }

    @Test("The manual names every option and holds no stray control line")
    func manual() {
        let text = ManualPage.text
        for option in OptionTable.all { #expect(text.contains(ManualPage.escaped("--" + option.name))) }
        let macros: Set = [".TH", ".SH", ".TP", ".PP", ".B", ".br"]
        for line in text.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(macros.contains(String(line.prefix { $0 != " " })), "\(line)")
        }
        #expect(ManualPage.escaped(".x \\ -") == "\\&.x \\e \\-")
    }

    @Test("Completions name every option", arguments: Shell.allCases)
    func completions(shell: Shell) {
        let text = ShellCompletions.text(for: shell)
        for option in OptionTable.all {
            #expect(text.contains(shell == .fish ? "-l \(option.name) " : "--\(option.name)"), "\(option.name)")
        }
    }

    @Test("bash completes options and their values")
    func bash() async throws {
        let script = """
            eval "$1"
            try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _optimize; echo "${COMPREPLY[*]}"; }
            try optimize m --dyn
            try optimize run m --thr
            try optimize m --prune-scope g
            try optimize ru
            """
        let result = try await Subprocess.run(
            .path("/bin/bash"), arguments: ["-c", script, "bash", ShellCompletions.text(for: .bash)],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        #expect(result.standardOutput == "--dynamic-range\n--threads\nglobal\nrun\n")
        #expect(result.standardError == "")
    }
}
