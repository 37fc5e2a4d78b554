import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The image files of a folder, in a fixed order, with their classes where the folder tells them.
///
/// Three forms: images and a `labels.csv`; one folder for each class, numbered from 0 in the order of their names; or
/// images only.
package struct ImageFolder: Sendable {
    package var paths: [String]
    package var labels: [Int]?
    /// The class folders' names, by class; empty for the other forms.
    package var classNames: [String] = []

    private static let extensions = ["jpg", "jpeg", "jpe", "jfif", "png"]

    /// Lists the folder; no image is opened.
    ///
    /// Hidden files, and files that are not named as images, are passed over.
    /// - Throws: `DatasetError` if the folder cannot be read or has no images.
    package init(path: String) throws(DatasetError) {
        let entries = try Self.entries(path)
        if entries.contains("labels.csv") {
            (paths, labels) = try LabelTable.read(path)
        } else {
            let images = entries.filter(Self.isImage).map { "\(path)/\($0)" }
            let folders = entries.filter { Self.isFolder("\(path)/\($0)") }
            if images.isEmpty, !folders.isEmpty {
                classNames = folders
                (paths, labels) = try Self.classes(folders, in: path)
            } else {
                paths = images
            }
        }
        guard !paths.isEmpty else {
            throw DatasetError(
                .empty, "the folder holds no images", at: path,
                remedy: "JPEG and PNG files are read: alone, in one folder for each class, or named by a labels.csv")
        }
    }

    private static func classes(
        _ folders: [String], in path: String
    ) throws(DatasetError) -> (paths: [String], labels: [Int]) {
        var paths: [String] = []
        var labels: [Int] = []
        for (label, folder) in folders.enumerated() {
            for name in try entries("\(path)/\(folder)") where isImage(name) {
                paths.append("\(path)/\(folder)/\(name)")
                labels.append(label)
            }
        }
        return (paths, labels)
    }

    /// Names without those that begin with a dot, sorted by their bytes, as Python sorts ASCII names.
    private static func entries(_ path: String) throws(DatasetError) -> [String] {
        guard let directory = opendir(path) else {
            let error = FileError(path: path, operation: "list", errorNumber: errno, kind: .unreadable)
            throw DatasetError(.unreadable, "the folder cannot be read", at: path, cause: error)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func isImage(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: ".") else { return false }
        return extensions.contains(name[name.index(after: dot)...].lowercased())
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension ImageFolder {
    /// One image by itself.
    init(image path: String) { paths = [path] }
}
