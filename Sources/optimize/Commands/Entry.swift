import OptimizerKit

/// From arguments to exit code.
enum Entry {
    /// How a command goes on: most have ended when they return.
    enum Course {
        case ended(ExitCode)
        case folder(FolderCommand)
    }

    static func run() -> Course {
        guard let arguments = validArguments() else {
            Messages().error("an argument is not valid UTF-8", hint: "Rename the file, or link to it.")
            return .ended(.usage)
        }
        guard !arguments.isEmpty else {
            Stream.error.tryWrite(HelpText.short)
            return .ended(.usage)
        }
        let invocation: Invocation
        do throws(UsageError) { invocation = try Invocation(arguments) } catch {
            return .ended(refuse(error, arguments))
        }
        if let question = invocation.settings.question { return .ended(answer(question, invocation.command)) }
        switch invocation.command {
        case .run: return .ended(RunCommand(invocation).run())
        case .compare: return .ended(CompareCommand(invocation).run())
        case .inspect: return .ended(InspectCommand(invocation).run())
        case .bench: return .ended(BenchCommand(invocation).run())
        case .optimize:
            if FilePath.isFolder(invocation.settings.model) {
                return .folder(FolderCommand(invocation, arguments: arguments))
            }
            return .ended(OptimizeCommand(invocation, arguments: arguments).run())
        }
    }

    static func refuse(_ error: UsageError, _ arguments: [String]) -> ExitCode {
        let command = Command(firstArgument: arguments.first)
        Messages().error(error.message, hint: error.hint ?? "'\(command.spelling) --help' lists the options.")
        return .usage
    }

    private static func answer(_ question: Settings.Question, _ command: Command) -> ExitCode {
        switch question {
        case .help: print(HelpText.text(for: command, width: Stream.output.width))
        case .version: print("optimize \(OptimizationJob.version)\n")
        case .manual: print(ManualPage.text)
        case .completions(let shell): print(ShellCompletions.text(for: shell))
        }
    }

    /// Writes a result to standard output.
    static func print(_ text: String) -> ExitCode {
        do throws(Stream.Failure) { try Stream.output.write(text) } catch {
            switch error {
            case .closed: break
            case .error(let number):
                Messages().error("standard output cannot be written: \(SystemMessage.text(number))")
                return .output
            }
        }
        return .done
    }

    /// The arguments without the program's name; nil if one of them is not valid UTF-8, which a file name may be.
    private static func validArguments() -> [String]? {
        var arguments: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let pointer = CommandLine.unsafeArgv[index] else { break }
            guard let text = String(validatingCString: pointer) else { return nil }
            arguments.append(text)
        }
        return arguments
    }
}
