import CCSV
import ModelGraph

/// The rows of a table of comma-separated values that hold something, as libcsv reads them by RFC 4180: without the
/// spaces around cells that are not quoted.
struct CSVRows {
    struct Row {
        /// The first line of the row, counted from 1.
        var line: Int
        /// The first two cells; nobody asks for more.
        var cells: [String]
    }

    private(set) var rows: [Row] = []
    private var cells: [String] = []
    private var line = 1
    /// Breaks of lines within the row's cells.
    private var innerBreaks = 0
    private var lastBreak: Int32 = 0

    /// - Parameter path: a UTF-8 file; bytes that are none become replacement characters.
    /// - Throws: `DatasetError` if it cannot be read, or a quotation mark is where none may be or is not closed.
    init(of path: String) throws(DatasetError) {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path: path) } catch {
            throw DatasetError(.unreadable, "the labels cannot be read", at: path, cause: error)
        }
        let status = withExtendedLifetime(file) {
            parse(UnsafeRawBufferPointer(rebasing: file.bytes[mark(file.bytes)...]))
        }
        guard status == CSV_SUCCESS else {
            guard status == CSV_EPARSE else {
                throw DatasetError(.unreadable, "there is no memory for the table", at: path)
            }
            throw DatasetError(
                .unreadable, "a quotation mark is misplaced or not closed", at: "\(path):\(line)",
                remedy: "cells with commas or quotation marks stand between quotation marks, which are doubled within")
        }
    }

    /// Spreadsheets begin files with a byte order mark.
    private func mark(_ bytes: UnsafeRawBufferPointer) -> Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var parser = csv_parser()
        let options = CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL
        guard csv_init(&parser, UInt8(options)) == 0 else { return CSV_ENOMEM }
        defer { csv_free(&parser) }
        return withUnsafeMutablePointer(to: &self) { rows in
            let endCell: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
                $2!.assumingMemoryBound(to: CSVRows.self).pointee.endCell(UnsafeRawBufferPointer(start: $0, count: $1))
            }
            let endRow: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = {
                $1!.assumingMemoryBound(to: CSVRows.self).pointee.endRow($0)
            }
            guard csv_parse(&parser, bytes.baseAddress, bytes.count, endCell, endRow, rows) == bytes.count,
                csv_fini(&parser, endCell, endRow, rows) == 0
            else { return csv_error(&parser) }
            return CSV_SUCCESS
        }
    }

    private mutating func endCell(_ bytes: UnsafeRawBufferPointer) {
        innerBreaks += bytes.count { $0 == UInt8(CSV_LF) }
        if cells.count < 2 { cells.append(String(decoding: bytes, as: UTF8.self)) }
    }

    /// - Parameter lineBreak: the character that ended the row, or -1 at the end of the file. A carriage return and its
    ///   line feed come one by one.
    private mutating func endRow(_ lineBreak: Int32) {
        let isSecondHalf = lineBreak == CSV_LF && lastBreak == CSV_CR && cells.isEmpty
        lastBreak = lineBreak
        guard !isSecondHalf else { return }
        if cells.contains(where: { !$0.isEmpty }) { rows.append(Row(line: line, cells: cells)) }
        cells.removeAll(keepingCapacity: true)
        line += 1 + innerBreaks
        innerBreaks = 0
    }
}
