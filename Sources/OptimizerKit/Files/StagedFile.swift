import ModelGraph
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is written beside its target, and takes the target's place when all is well.
///
/// What is not committed is removed: when the value goes, or when a signal ends the process (`StagedFiles.abandon`).
package final class StagedFile: @unchecked Sendable {
    // One thread at a time writes to the file: the one that runs the job.

    let file: AtomicFile

    /// - Throws: `output` if another file stands there and is not to be replaced, or nothing can be written there.
    package convenience init(for target: OutputTarget) throws(OptimizationError) {
        let file = try StagedFiles.protecting { () throws(OptimizationError) in
            let file: AtomicFile
            do throws(FileError) {
                file = try AtomicFile(target.resolvedPath, replaces: target.replaces, name: target.path)
            } catch {
                throw OutputTarget.failure(target.path, error.errorNumber)
            }
            // No signal comes between, which would leave a file that nobody knows of.
            try Self.add(file)
            return file
        }
        self.init(added: file)
    }

    /// Takes care of a file that has been created already.
    convenience init(_ file: AtomicFile) throws(OptimizationError) {
        try Self.add(file)
        self.init(added: file)
    }

    private init(added file: AtomicFile) { self.file = file }

    private static func add(_ file: AtomicFile) throws(OptimizationError) {
        guard StagedFiles.add(file.temporaryPath) else {
            throw OptimizationError(.output, "the process is being stopped")
        }
    }

    deinit { StagedFiles.remove(file.temporaryPath) }

    /// Where the file is until it is committed.
    package var path: String { file.temporaryPath }

    /// Writes the whole text.
    package func write(_ text: String) throws(OptimizationError) {
        let failure = StagedFiles.protecting { () -> FileError? in
            do throws(FileError) {
                try TensorData(bytes: Array(text.utf8)).withUnsafeBytes { bytes throws(FileError) in
                    try file.write(bytes)
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw OutputTarget.failure(failure.path, failure.errorNumber) }
        try finish()
    }

    /// Waits until all is on the disk, which a signal need not wait for.
    private func finish() throws(OptimizationError) {
        do throws(FileError) { try file.finish() } catch {
            throw OutputTarget.failure(error.path, error.errorNumber)
        }
    }

    /// Puts the file in its place.
    ///
    /// - Parameter data: a file that this one refers to; both are put in their places, or none.
    /// - Throws: `output` if another file has appeared there meanwhile and is not to be replaced.
    package func commit(with data: StagedFile? = nil) throws(OptimizationError) {
        try data?.finish()
        try finish()
        let failure = StagedFiles.protecting { () -> FileError? in
            do throws(FileError) {
                if let data { try AtomicFile.commit(data.file, file) } else { try file.commit() }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw OutputTarget.failure(failure.path, failure.errorNumber) }
    }
}

/// Files that are being written, so that a signal leaves none of them behind.
package enum StagedFiles {
    private struct State {
        var paths: Set<String> = []
        var isAbandoned = false
    }

    private static let state = Mutex(State())

    static func add(_ path: String) -> Bool {
        state.withLock { state in
            guard !state.isAbandoned else { return false }
            state.paths.insert(path)
            return true
        }
    }

    static func remove(_ path: String) {
        state.withLock { state in
            state.paths.remove(path)
            unlink(path)
        }
    }

    /// Runs what creates, writes or renames files; `abandon` waits until it is through.
    package static func protecting<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        writing.lock()
        defer { writing.unlock() }
        return try body()
    }

    /// Removes what is not in its place, and lets nothing be written any more. Called when a signal ends the process.
    package static func abandon(waitsForWriters: Bool = true) {
        if waitsForWriters { writing.lock() }
        let paths = state.withLock { state in
            state.isAbandoned = true
            return state.paths
        }
        for path in paths { unlink(path) }
    }

    private static let writing = WritingLock()
}

/// A lock that one thread may take for good.
private final class WritingLock: Sendable {
    private let isTaken = Atomic(false)

    func lock() {
        while isTaken.exchange(true, ordering: .acquiring) { usleep(1000) }
    }

    func unlock() { isTaken.store(false, ordering: .releasing) }
}
