#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Paths as the system sees them.
package enum FilePath {
    /// What names a file whatever path leads to it.
    package struct Identity: Hashable, Sendable {
        var device: UInt64
        var node: UInt64
    }

    package enum Kind: Sendable {
        case file, folder, other
    }

    /// `a/b/c` → `a/b/` and `c`; the first part is empty or ends in a slash.
    package static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        let start = path.utf8.index(after: slash)
        return (String(path[..<start]), String(path[start...]))
    }

    /// What stands at the path, links followed; nil if nothing can be found there.
    package static func look(at path: String) -> (kind: Kind, identity: Identity)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        return (kind, Identity(device: UInt64(truncatingIfNeeded: status.st_dev), node: UInt64(status.st_ino)))
    }

    package static func isFolder(_ path: String) -> Bool { look(at: path)?.kind == .folder }

    /// The path with all links resolved; nil if there is nothing.
    package static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
