import OptimizerKit

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds the models below a folder.
///
/// A model is a file whose name ends in `.tflite` or `.onnx`, or whose content is that of one. Hidden files and folders
/// are left out. Links to files are followed; links to folders are not, so that no folder is met twice.
struct ModelFinder {
    /// A folder that is left out: the one that the results go to, where it is below this one.
    var excluded: FilePath.Identity?
    /// Relative paths, sorted.
    private(set) var models: [String] = []
    /// What was left out and why, for the user.
    private(set) var remarks: [String] = []

    init(excluding excluded: FilePath.Identity? = nil) { self.excluded = excluded }

    /// Deeper than any real tree; a path longer than the system allows could not be opened anyway.
    private static let depthLimit = 128

    mutating func search(_ folder: String) throws(UnreadableFolder) {
        try search(folder, relative: "", depth: 0)
        models.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    struct UnreadableFolder: Error {
        var message: String
    }

    private mutating func search(_ folder: String, relative: String, depth: Int) throws(UnreadableFolder) {
        guard let names = Self.entries(of: folder) else {
            let message = "the folder cannot be read: \(SystemMessage.text(errno))"
            guard depth > 0 else { throw UnreadableFolder(message: message) }
            remarks.append("\(relative): \(message)")
            return
        }
        for name in names {
            guard let name else {
                remarks.append("\(relative.isEmpty ? "." : relative): a name that is not valid UTF-8 is left out")
                continue
            }
            guard !name.hasPrefix(".") else { continue }
            let path = folder + "/" + name
            let shown = relative + name
            guard let (kind, identity) = FilePath.look(at: path) else {
                if Self.isModelName(name) { models.append(shown) }
                continue
            }
            switch kind {
            case .folder:
                if Self.isLink(path) {
                    remarks.append("\(shown): a link to a folder is not followed")
                } else if identity != excluded {
                    if depth >= Self.depthLimit {
                        remarks.append("\(shown): nested too deeply")
                    } else {
                        try search(path, relative: shown + "/", depth: depth + 1)
                    }
                }
            case .file where Self.isModelName(name) || ModelFile.isModel(path: path): models.append(shown)
            case .file, .other: break
            }
        }
    }

    private static func isModelName(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasSuffix(".tflite") || name.hasSuffix(".onnx")
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// The names in a folder, nil for one that is not valid UTF-8; nil if the folder cannot be read.
    private static func entries(of folder: String) -> [String?]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String?] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(validatingCString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
