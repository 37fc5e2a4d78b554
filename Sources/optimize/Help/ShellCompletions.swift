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
            "    [ \"${COMP_WORDS[1]}\" != run ] || options='\(names(.run))'",
            "    if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\"); return; fi",
            "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")",
            "    [ \"$COMP_CWORD\" -ne 1 ] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W run -- \"$cur\")",
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
        lines += ["_optimize() {", "    if [[ $words[2] == run ]]; then", "        shift words; (( CURRENT-- ))"]
        lines += ["        _arguments -s \\"] + arguments(.run)
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
        let isRun = "__fish_seen_subcommand_from run"
        var lines = [
            "# fish completion of optimize; put this file into ~/.config/fish/completions as optimize.fish",
            "complete -c optimize -n 'test (count (commandline -opc)) -eq 1' -a run -d 'run a model once'",
        ]
        for option in OptionTable.all {
            var line = "complete -c optimize"
            if option.commands == [.optimize] { line += " -n 'not \(isRun)'" }
            if option.commands == [.run] { line += " -n '\(isRun)'" }
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
