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
package final class StagedFile: Sendable {
    package let target: OutputTarget
    /// Where to write until then.
    package let path: String

    package init(for target: OutputTarget) throws(OptimizationError) {
        self.target = target
        let (folder, name) = FilePath.split(target.resolvedPath)
        // Names have a limit of 255 bytes; a character has at most 4.
        path = folder + ".\(name.prefix(40)).\(getpid()).\(StagedFiles.nextNumber()).partial"
        guard StagedFiles.add(path) else { throw OptimizationError(.output, "the process is being stopped") }
    }

    deinit { StagedFiles.remove(path) }

    /// Writes the whole text.
    package func write(_ text: String) throws(OptimizationError) {
        let failure = StagedFiles.protecting { () -> Int32? in
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { return errno }
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    let number = count < 0 ? errno : ENOSPC
                    close(descriptor)
                    return number
                }
                bytes = bytes.dropFirst(count)
            }
            let flushed = fsync(descriptor) == 0 ? nil : errno
            // Devices and some file systems cannot flush, which loses nothing.
            let failure = flushed == EINVAL ? nil : flushed
            guard close(descriptor) == 0 else { return failure ?? errno }
            return failure
        }
        if let failure { throw OutputTarget.failure(target.path, failure) }
    }

    /// Puts the file in its place.
    ///
    /// - Throws: `output` if another file has appeared there meanwhile and is not to be replaced.
    package func commit() throws(OptimizationError) {
        let failure = StagedFiles.protecting { () -> Int32? in
            if !target.replaces {
                // A link, unlike a rename, fails if the name is taken; not every file system has links.
                if link(path, target.resolvedPath) == 0 {
                    unlink(path)
                    return nil
                }
                let number = errno
                if number == EEXIST || access(target.resolvedPath, F_OK) == 0 { return EEXIST }
            }
            return rename(path, target.resolvedPath) == 0 ? nil : errno
        }
        if let failure { throw OutputTarget.failure(target.path, failure) }
    }
}

/// Files that are being written, so that a signal leaves none of them behind.
package enum StagedFiles {
    private struct State {
        var paths: Set<String> = []
        var number = 0
        var isAbandoned = false
    }

    private static let state = Mutex(State())

    static func nextNumber() -> Int {
        state.withLock { state in
            state.number += 1
            return state.number
        }
    }

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
    package static func abandon() {
        writing.lock()
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

/// `StagedFile` has a method of this name.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
