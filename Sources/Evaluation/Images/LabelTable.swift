import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `labels.csv`, which names the images of a folder and their classes.
enum LabelTable {
    /// Rows of `file,label`, behind a header row or not, in the table's order. Further columns are left out.
    ///
    /// - Parameter path: the folder.
    /// - Returns: the images' paths and class numbers.
    /// - Throws: `DatasetError` if the table is malformed, or names a file outside of the folder.
    static func read(_ path: String) throws(DatasetError) -> (paths: [String], labels: [Int]) {
        let table = "\(path)/labels.csv"
        var paths: [String] = []
        var labels: [Int] = []
        for (index, row) in try CSVRows(of: table).rows.enumerated() {
            let location = "\(table):\(row.line)"
            guard row.cells.count == 2, let label = Int(row.cells[1]) else {
                // A header names its columns, and no image.
                if index == 0, row.cells.count == 2, !isFile("\(path)/\(row.cells[0])") { continue }
                throw DatasetError(
                    .unreadable, "the row is not of the form file,label", at: location,
                    remedy: "labels are whole numbers, counted from 0, behind a comma")
            }
            let name = row.cells[0]
            guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw DatasetError(.unreadable, "the row names a file outside of the folder", at: location)
            }
            paths.append("\(path)/\(name)")
            labels.append(label)
        }
        guard !paths.isEmpty else {
            throw DatasetError(
                .unreadable, "the table names no image", at: table, remedy: "its rows are of the form file,label")
        }
        return (paths, labels)
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
