import OptimizerKit

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The folders of a result, which have the structure of the input.
enum OutputFolders {
    /// Creates the folders that lead to a file below `folder`.
    ///
    /// - Returns: the system's reason, if one cannot be created.
    static func create(for relative: String, below folder: String) -> String? {
        for parent in parents(of: relative) {
            let path = folder + "/" + parent
            if mkdir(path, 0o777) != 0, errno != EEXIST { return "\(path): \(SystemMessage.text(errno))" }
        }
        return nil
    }

    /// Removes the folders that were made for files that then did not come.
    static func removeEmpty(below folder: String, of files: [String]) {
        let all = Set(files.flatMap(parents))
        // The longest first, as they stand within the others.
        for path in all.sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir(folder + "/" + path) }
    }

    /// `a/b/c.tflite` → `a`, `a/b`.
    private static func parents(of relative: String) -> [String] {
        let parts = relative.split(separator: "/").dropLast()
        return parts.indices.map { parts[...$0].joined(separator: "/") }
    }
}
