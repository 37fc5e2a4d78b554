/// The header of a `.npy` file: element type, byte order, axis order and shape.
///
/// - Source: NumPy's format specification, versions 1.0 to 3.0 (numpy.lib.format).
package struct NPYHeader: Sendable, Equatable {
    package var element: ArrayElement
    package var isBigEndian = false
    package var isFortranOrder = false
    package var shape: [Int]
    /// Where the elements begin, counted from the start of the file.
    package var dataOffset: Int
    /// The elements' bytes.
    package var dataByteCount: Int

    /// The longest header that is read; NumPy itself refuses to evaluate more than 10,000 characters.
    package static let longestHeader = 1 << 16
    private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    /// Reads the header at the start of `bytes`, which may end before the elements do.
    ///
    /// - Parameter name: what errors call the array.
    /// - Throws: `DatasetError` if it is not a header, or the array is of a kind that we do not read.
    package init(_ bytes: UnsafeRawBufferPointer, name: String) throws(DatasetError) {
        guard bytes.count >= 10, bytes.prefix(6).elementsEqual(Self.magic) else {
            throw DatasetError(.unreadable, "this is not a NumPy array", at: name)
        }
        let lengthBytes: Int
        switch bytes[6] {
        case 1: lengthBytes = 2
        case 2, 3: lengthBytes = 4
        default:
            throw DatasetError(
                .unsupportedFormat, "the NumPy array has format version \(bytes[6]), and 1 to 3 are known", at: name)
        }
        guard bytes.count >= 8 + lengthBytes else {
            throw DatasetError(.unreadable, "the NumPy array ends in its header", at: name)
        }
        var length = 0
        for index in 0..<lengthBytes { length |= Int(bytes[8 + index]) << (8 * index) }
        guard length <= Self.longestHeader else {
            throw DatasetError(.unreadable, "the NumPy array's header is \(length) bytes long", at: name)
        }
        dataOffset = 8 + lengthBytes + length
        guard bytes.count >= dataOffset else {
            throw DatasetError(.unreadable, "the NumPy array ends in its header", at: name)
        }
        var parser = NPYDictionaryParser(UnsafeRawBufferPointer(rebasing: bytes[(8 + lengthBytes)..<dataOffset]), name)
        let fields = try parser.parse()
        (element, isBigEndian) = try Self.element(of: fields.description, name: name)
        isFortranOrder = fields.isFortranOrder
        shape = fields.shape
        var count = element.byteCount
        // A zero extent makes the array empty, but not a sample of it: the others count all the same.
        for extent in shape where extent > 0 {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= 1 << 48 else {
                throw DatasetError(
                    .unreadable, "the NumPy array's shape \(shape) is larger than memory can be", at: name)
            }
            count = product
        }
        dataByteCount = shape.contains(0) ? 0 : count
    }

    package init(element: ArrayElement, shape: [Int]) {
        self.element = element
        self.shape = shape
        dataOffset = 0
        dataByteCount = shape.reduce(element.byteCount, *)
    }

    /// The header as a version 1.0 file stores it, padded so that the elements begin at a multiple of 64 bytes.
    package var encoded: [UInt8] {
        let order = element.byteCount == 1 ? "|" : "<"
        let extents = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var text = "{'descr': '\(order)\(element.rawValue)', 'fortran_order': False, 'shape': (\(extents)), }"
        text += String(repeating: " ", count: (64 - (10 + text.utf8.count + 1) % 64) % 64) + "\n"
        let length = text.utf8.count
        return Self.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
    }

    private static func element(
        of description: String, name: String
    ) throws(DatasetError) -> (ArrayElement, isBigEndian: Bool) {
        guard let order = description.first, "<>|=".contains(order),
            let element = ArrayElement(rawValue: String(description.dropFirst()))
        else {
            throw DatasetError(
                .unsupportedFormat, "the NumPy array's elements are of type '\(description.prefix(40))'", at: name,
                remedy: "save it as a plain number type such as float32 or uint8")
        }
        return (element, order == ">")
    }
}

/// Reads the Python dictionary of an `.npy` header: the three keys that the format names, in any order.
private struct NPYDictionaryParser {
    struct Fields {
        var description = ""
        var isFortranOrder = false
        var shape: [Int] = []
    }

    private let text: [UInt8]
    private let name: String
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer, _ name: String) {
        text = Array(bytes)
        self.name = name
    }

    mutating func parse() throws(DatasetError) -> Fields {
        var fields = Fields()
        var seen: Set<String> = []
        try expect("{")
        while !take("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr":
                guard peek() != UInt8(ascii: "[") else {
                    throw DatasetError(
                        .unsupportedFormat, "the NumPy array has structured elements", at: name,
                        remedy: "save each field as an array of its own")
                }
                fields.description = try string()
            case "fortran_order": fields.isFortranOrder = try boolean()
            case "shape": fields.shape = try tuple()
            default: throw malformed()
            }
            guard seen.insert(key).inserted else { throw malformed() }
            if !take(",") {
                try expect("}")
                break
            }
        }
        guard seen.count == 3 else { throw malformed() }
        return fields
    }

    private func malformed() -> DatasetError {
        DatasetError(.unreadable, "the NumPy array's header is malformed", at: name)
    }

    private mutating func peek() -> UInt8? {
        while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
        return position < text.count ? text[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(DatasetError) {
        guard take(character) else { throw malformed() }
    }

    private mutating func string() throws(DatasetError) -> String {
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { throw malformed() }
        position += 1
        let start = position
        while position < text.count, text[position] != quote { position += 1 }
        guard position < text.count else { throw malformed() }
        position += 1
        return String(decoding: text[start..<(position - 1)], as: UTF8.self)
    }

    private mutating func word() -> String {
        _ = peek()
        let start = position
        while position < text.count, text[position].isLetterOrDigit { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func boolean() throws(DatasetError) -> Bool {
        switch word() {
        case "True": return true
        case "False": return false
        default: throw malformed()
        }
    }

    private mutating func tuple() throws(DatasetError) -> [Int] {
        try expect("(")
        var extents: [Int] = []
        while !take(")") {
            // Files written by Python 2 have a trailing L.
            var digits = word()
            if digits.hasSuffix("L") { digits.removeLast() }
            guard let extent = Int(digits), extent >= 0, extents.count < 32 else { throw malformed() }
            extents.append(extent)
            if !take(",") {
                try expect(")")
                break
            }
        }
        return extents
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
