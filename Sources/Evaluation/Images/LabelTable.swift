import ModelGraph
import SwiftCSV

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
        for (index, row) in try rows(of: table).enumerated() {
            guard row.contains(where: { !$0.isEmpty }) else { continue }
            let location = "\(table):\(index + 1)"
            guard row.count >= 2, let label = Int(row[1]) else {
                // A header names its columns by words.
                if index == 0 { continue }
                throw DatasetError(
                    .unreadable, "the row is not of the form file,label", at: location,
                    remedy: "labels are whole numbers, counted from 0")
            }
            let name = row[0]
            guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw DatasetError(.unreadable, "the row names a file outside of the folder", at: location)
            }
            paths.append("\(path)/\(name)")
            labels.append(label)
        }
        guard !paths.isEmpty else { throw DatasetError(.unreadable, "the table names no image", at: table) }
        return (paths, labels)
    }

    /// All rows, the first one included, without the spaces around cells.
    private static func rows(of table: String) throws(DatasetError) -> [[String]] {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path: table) } catch {
            throw DatasetError(.unreadable, "the labels cannot be read", at: table, cause: error)
        }
        var text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
        // Spreadsheets begin files with a byte order mark.
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        // The parser drops what stands behind a quotation mark that nothing closes.
        guard text.utf8.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else {
            throw DatasetError(.unreadable, "a quotation mark is not closed", at: table)
        }
        do {
            let parsed = try EnumeratedCSV(string: text, delimiter: .comma, loadColumns: false)
            return ([parsed.header] + parsed.rows).map { row in
                row.map { cell in
                    String(cell.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
                }
            }
        } catch {
            throw DatasetError(.unreadable, "this is no table with commas: \(error)", at: table)
        }
    }
}
