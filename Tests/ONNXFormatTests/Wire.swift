/// Protobuf's wire format, written by hand: https://protobuf.dev/programming-guides/encoding/
enum Wire {
    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }

    static func bytes(_ field: UInt64, _ payload: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(UInt64(payload.count)) + payload
    }

    static func text(_ field: UInt64, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }

    // The messages that the tests need, with the numbers of onnx.proto.

    static func model(_ graph: [UInt8], version: UInt64 = 17) -> [UInt8] {
        number(1, 8) + bytes(8, text(1, "") + number(2, version)) + bytes(7, graph)
    }

    static func node(_ type: String, _ inputs: [String], _ outputs: [String], _ more: [UInt8] = []) -> [UInt8] {
        bytes(1, inputs.flatMap { text(1, $0) } + outputs.flatMap { text(2, $0) } + text(4, type) + more)
    }

    static func input(_ name: String) -> [UInt8] { bytes(11, info(name)) }
    static func output(_ name: String) -> [UInt8] { bytes(12, info(name)) }

    /// float [1].
    private static func info(_ name: String) -> [UInt8] {
        text(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, bytes(1, number(1, 1)))))
    }

    static func initializer(_ name: String, dims: [UInt64], type: UInt64 = 1, _ data: [UInt8]) -> [UInt8] {
        bytes(5, dims.flatMap { number(1, $0) } + number(2, type) + text(8, name) + data)
    }

    static func external(_ location: String, offset: String? = nil, length: String? = nil) -> [UInt8] {
        let entries = [("location", location as String?), ("offset", offset), ("length", length)]
        return entries.flatMap { key, value in value.map { bytes(13, text(1, key) + text(2, $0)) } ?? [] }
            + number(14, 1)
    }
}
