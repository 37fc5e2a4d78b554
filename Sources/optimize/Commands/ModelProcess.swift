import OptimizerKit
import Reporting
import Subprocess
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Converts one model of a folder by running this program again.
struct ModelProcess: Sendable {
    private let arguments: [String]
    private let folder: String
    private let output: String
    private let timeout: Duration?

    /// - Parameter timeout: nil to let each model take its time.
    init(_ invocation: Invocation, folder: String, output: String, timeout: Duration?) {
        var arguments = invocation.argumentsForOneModel + ["--json"]
        if invocation.settings.optimization.threads == nil {
            let share = max(1, OptimizationJob.defaultThreadCount / invocation.settings.jobs)
            arguments.append("--threads=\(share)")
        }
        self.arguments = arguments
        self.folder = folder
        self.output = output
        self.timeout = timeout
    }

    /// A report of a model with many layers takes a few megabytes.
    private static let outputLimit = 256 << 20
    private static let errorLimit = 4 << 20

    /// - Parameter path: relative to the folder.
    func convert(_ path: String) async -> FolderReport.Entry {
        let start = ContinuousClock.now
        if let reason = OutputFolders.create(for: path, below: output) {
            return FolderReport.Entry(
                path: path, status: .failed, exitCode: ExitCode.output.rawValue,
                message: "the folder of the result cannot be created: \(reason)")
        }
        let ending = await limited {
            try await run(
                .path(.init(Self.executable)),
                arguments: .init(arguments + ["--output=\(output)/\(path)", "--", "\(folder)/\(path)"]),
                // A crash is reported in one line; its backtrace would only cost time.
                environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]),
                platformOptions: Self.platformOptions, input: .none, output: .string(limit: Self.outputLimit),
                error: .string(limit: Self.errorLimit))
        }
        return entry(path, ending, seconds: (ContinuousClock.now - start).inSeconds)
    }

    private typealias Result = ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>

    private enum Ending: Sendable {
        case ended(status: TerminationStatus, output: String, error: String)
        case timedOut
        case stopped
        case notStarted(String)
    }

    /// Ends the process when its time is over, or when this task is cancelled.
    private func limited(_ body: @escaping @Sendable () async throws -> Result) async -> Ending {
        await withTaskGroup(of: Ending?.self) { group in
            group.addTask {
                do {
                    let result = try await body()
                    if Task.isCancelled { return nil }
                    return .ended(
                        status: result.terminationStatus, output: result.standardOutput,
                        error: result.standardError)
                } catch {
                    return Task.isCancelled ? nil : .notStarted("\(error)")
                }
            }
            if let timeout {
                group.addTask {
                    do { try await Task.sleep(for: timeout) } catch { return nil }
                    return .timedOut
                }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            // The process must be gone before the next one begins.
            await group.waitForAll()
            return first ?? .stopped
        }
    }

    private func entry(_ path: String, _ ending: Ending, seconds: Double) -> FolderReport.Entry {
        var entry = FolderReport.Entry(path: path, status: .failed, seconds: seconds)
        switch ending {
        case .timedOut: entry.message = "gave up after \(timeout.map { "\($0)" } ?? "its time")"
        case .stopped: entry.message = "the run was stopped"
        case .notStarted(let reason): entry.message = "its process could not be run: \(reason)"
        case .ended(.signaled(let number), _, _):
            entry.exitCode = 128 + Int32(number)
            entry.message = "its process was ended by signal \(number)"
        case .ended(.exited(let code), let output, let error):
            entry.exitCode = Int32(code)
            complete(&entry, code: Int32(code), output: output, error: error)
        }
        entry.message = entry.message.map { withoutPath($0, of: path) }
        return entry
    }

    private func complete(_ entry: inout FolderReport.Entry, code: Int32, output: String, error: String) {
        let isMissed = code == ExitCode.gateFailed.rawValue
        guard code == 0 || isMissed, let report = try? JSONReport.report(from: output) else {
            entry.message = Self.lastError(in: error) ?? "it ended with \(code) and said nothing"
            return
        }
        entry.status = isMissed ? .gate : .done
        entry.bytesBefore = report.input.bytes
        entry.bytesAfter = report.output?.bytes
        entry.accuracyBefore = report.evaluation?.accuracyBefore?.top1
        entry.accuracyAfter = report.evaluation?.accuracyAfter?.top1
        entry.message = isMissed ? Self.lastError(in: error) : report.warnings.first
    }

    /// An entry says which file it is about.
    private func withoutPath(_ message: String, of path: String) -> String {
        for prefix in ["\(folder)/\(path)", "\(output)/\(path)"] {
            for separator in [": ", ", "] where message.hasPrefix(prefix + separator) {
                return String(message.dropFirst((prefix + separator).count))
            }
        }
        return message
    }

    /// The message of the last line that tells of an error.
    static func lastError(in text: String) -> String? {
        let mark = "optimize: error: "
        let line = text.split(separator: "\n").last { $0.hasPrefix(mark) } ?? text.split(separator: "\n").last
        return line.map { String($0.hasPrefix(mark) ? $0.dropFirst(mark.count) : $0) }
    }

    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(5))]
        return options
    }

    /// The file of this program.
    static let executable: String = {
        #if canImport(Darwin)
        var size: UInt32 = 4096
        var buffer = [CChar](repeating: 0, count: Int(size))
        guard _NSGetExecutablePath(&buffer, &size) == 0 else { return CommandLine.arguments[0] }
        return String(cString: buffer)
        #else
        FilePath.resolved("/proc/self/exe") ?? CommandLine.arguments[0]
        #endif
    }()
}
