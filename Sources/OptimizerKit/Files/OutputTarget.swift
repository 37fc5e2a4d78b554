#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is to be written, checked before any work begins.
package struct OutputTarget: Sendable {
    /// As the user named it.
    package let path: String
    /// Where it really goes: links are followed, so that they stay links.
    package let resolvedPath: String
    package let replaces: Bool
    /// The file that stands there; nil if there is none.
    let existing: FilePath.Identity?

    /// - Throws: `output` if the file exists and is not to be replaced, is no regular file, or could not be created.
    package init(_ path: String, replaces: Bool) throws(OptimizationError) {
        self.path = path
        self.replaces = replaces
        var link = stat()
        let found = lstat(path, &link) == 0
        guard found || errno == ENOENT else { throw Self.failure(path, errno) }
        if let known = FilePath.look(at: path) {
            switch known.kind {
            case .file: break
            case .folder:
                throw OptimizationError(.output, "the output is a folder", at: path, remedy: "name a file in it")
            case .other: throw OptimizationError(.output, "the output is not a regular file", at: path)
            }
            existing = known.identity
            resolvedPath = FilePath.resolved(path) ?? path
        } else {
            existing = nil
            resolvedPath = path
        }
        guard !found || replaces else {
            throw OptimizationError(
                .output, "the file exists already", at: path, remedy: "name another with -o, or pass --force")
        }
        let folder = FilePath.split(resolvedPath).folder
        let place = folder.isEmpty ? "." : folder
        guard let found = FilePath.look(at: place) else {
            throw OptimizationError(
                .output, "there is no folder '\(place)'", at: path, remedy: "create it first")
        }
        guard found.kind == .folder else { throw OptimizationError(.output, "'\(place)' is no folder", at: path) }
        guard access(place, W_OK | X_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            throw OptimizationError(.output, "nothing can be written to '\(place)': \(reason)", at: path)
        }
    }

    static func failure(_ path: String, _ number: Int32) -> OptimizationError {
        OptimizationError(.output, "the file cannot be written: \(String(cString: strerror(number)))", at: path)
    }

    /// Checks the files of one job against each other and against what it reads.
    ///
    /// - Parameters:
    ///   - input: the model, which is never changed, by whatever name.
    ///   - data: files that are read and must stay.
    static func check(
        model: OutputTarget, reports: [OutputTarget], input: String, data: [String]
    ) throws(OptimizationError) {
        let source = FilePath.look(at: input)?.identity
        for target in [model] + reports {
            if let source, target.existing == source {
                throw OptimizationError(
                    .output, "the output would overwrite the input model", at: target.path,
                    remedy: "name another with -o or --report")
            }
        }
        for path in data {
            guard let identity = FilePath.look(at: path)?.identity else { continue }
            for target in [model] + reports where target.existing == identity {
                throw OptimizationError(.output, "the output would overwrite data that is read", at: target.path)
            }
        }
        var places: Set<String> = []
        for target in [model] + reports {
            let (folder, name) = FilePath.split(target.resolvedPath)
            let place = (FilePath.resolved(folder.isEmpty ? "." : folder) ?? folder) + "/" + name
            guard places.insert(place).inserted else {
                throw OptimizationError(.usage, "two outputs have the same name", at: target.path)
            }
        }
    }
}
