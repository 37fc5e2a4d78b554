/// Completion scripts, written from the option table.
enum ShellCompletions {
    static func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    private static func names(_ command: Command) -> String {
        OptionTable.options(of: command).flatMap { option in
            (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
        }.joined(separator: " ")
    }

    /// Options that take a value, with what their values complete to.
    private static var cases: [(pattern: String, completion: Option.Completion)] {
        OptionTable.all.filter { $0.placeholder != nil }.map { option in
            ((option.short.map { "-\($0)|" } ?? "") + "--\(option.name)", option.completion)
        }
    }

    private static let subcommands = Command.allCases.filter { $0 != .optimize }

    private static var bash: String {
        var lines = [
            "# bash completion of optimize; source this file, or put it into bash-completion's folder as `optimize`",
            "_optimize() {",
            "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}",
            "    COMPREPLY=()",
            "    case $prev in",
        ]
        for (pattern, completion) in cases {
            let action =
                switch completion {
                case .nothing: "return"
                case .file: "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return"
                case .choices(let names):
                    "mapfile -t COMPREPLY < <(compgen -W '\(names.joined(separator: " "))' -- \"$cur\"); return"
                }
            lines.append("        \(pattern)) \(action) ;;")
        }
        lines += [
            "    esac",
            "    local options='\(names(.optimize))'",
            "    case ${COMP_WORDS[1]} in",
        ]
        lines += subcommands.map { "        \($0.rawValue)) options='\(names($0))' ;;" }
        lines += [
            "    esac",
            "    if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\"); return; fi",
            "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")",
            "    [ \"$COMP_CWORD\" -ne 1 ] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
                + "<(compgen -W '\(subcommands.map(\.rawValue).joined(separator: " "))' -- \"$cur\")",
            "}",
            "complete -o filenames -F _optimize optimize",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static var zsh: String {
        func quoted(_ text: String) -> String {
            var result = ""
            for character in text {
                switch character {
                case "'": result += "'\\''"
                case "[", "]", ":", "\\": result += "\\\(character)"
                default: result.append(character)
                }
            }
            return result
        }
        func argument(_ option: Option) -> String {
            var names = option.short.map { ["-\($0)"] } ?? []
            names.append("--\(option.name)" + (option.placeholder == nil ? "" : "="))
            let excluded = option.isRepeatable ? "" : (option.short.map { "-\($0) " } ?? "") + "--\(option.name)"
            let others = option.excludes.map { " --\($0)" }.joined()
            var action = ""
            if let placeholder = option.placeholder {
                action = ":\(quoted(placeholder))"
                switch option.completion {
                case .nothing: action += ": "
                case .file: action += ":_files"
                case .choices(let choices): action += ":(\(choices.joined(separator: " ")))"
                }
            }
            let head = option.isRepeatable ? "*" : "(\(excluded)\(others))"
            let spelled = names.count == 1 ? "\(names[0])" : "'{\(names.joined(separator: ","))}'"
            return "        '\(head)\(spelled)[\(quoted(option.summary))]\(action)'"
        }
        func arguments(_ command: Command) -> [String] {
            OptionTable.options(of: command).map { argument($0) + " \\" } + ["        '1:model:_files'"]
        }
        var lines = [
            "#compdef optimize", "# zsh completion of optimize; put this file into a folder of $fpath as _optimize",
        ]
        lines.append("_optimize() {")
        for (index, command) in subcommands.enumerated() {
            let condition = "    \(index == 0 ? "if" : "elif") [[ $words[2] == \(command.rawValue) ]]; then"
            lines +=
                [condition, "        shift words; (( CURRENT-- ))", "        _arguments -s \\"] + arguments(command)
        }
        lines += ["    else", "        _arguments -s \\"] + arguments(.optimize)
        lines += [
            "    fi", "}",
            "if [ \"$funcstack[1]\" = _optimize ]; then _optimize \"$@\"; else compdef _optimize optimize; fi",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static var fish: String {
        func quoted(_ text: String) -> String {
            "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'") + "'"
        }
        func isIn(_ commands: [Command]) -> String {
            "__fish_seen_subcommand_from " + commands.map(\.rawValue).joined(separator: " ")
        }
        var lines = ["# fish completion of optimize; put this file into ~/.config/fish/completions as optimize.fish"]
        lines += subcommands.map { command in
            "complete -c optimize -n 'test (count (commandline -opc)) -eq 1' -a \(command.rawValue) -d "
                + quoted(command.purpose)
        }
        for option in OptionTable.all {
            var line = "complete -c optimize"
            let members = subcommands.filter(option.commands.contains)
            if option.commands.contains(.optimize) {
                let others = subcommands.filter { !option.commands.contains($0) }
                if !others.isEmpty { line += " -n 'not \(isIn(others))'" }
            } else {
                line += " -n '\(isIn(members))'"
            }
            if let short = option.short { line += " -s \(short)" }
            line += " -l \(option.name)"
            switch option.completion {
            case .nothing: line += option.placeholder == nil ? "" : " -x"
            case .file: line += " -r -F"
            case .choices(let choices): line += " -x -a " + quoted(choices.joined(separator: " "))
            }
            lines.append(line + " -d " + quoted(option.summary))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
