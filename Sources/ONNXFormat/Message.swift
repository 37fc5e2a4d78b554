import COnnx

typealias Field = onnx_field

/// A protobuf message of an opened file or of a draft, whichever keeps it alive.
struct Message {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    func count(_ field: Field) -> Int { onnx_count(pointer, field) }
    func has(_ field: Field) -> Bool { count(field) > 0 }
    func integer(_ field: Field, _ index: Int = 0) -> Int64 { onnx_integer(pointer, field, index) }
    func real(_ field: Field, _ index: Int = 0) -> Double { onnx_real(pointer, field, index) }

    func bytes(_ field: Field, _ index: Int = 0) -> UnsafeRawBufferPointer {
        let text = onnx_text(pointer, field, index)
        return UnsafeRawBufferPointer(start: text.data, count: text.count)
    }

    /// The text of a field, with U+FFFD for what is not UTF-8.
    func text(_ field: Field, _ index: Int = 0) -> String { String(decoding: bytes(field, index), as: UTF8.self) }

    /// The text of a field that names something.
    ///
    /// - Throws: `ONNXError` if it is not UTF-8, because two such names could not be told apart.
    func name(_ field: Field, _ index: Int = 0) throws(ONNXError) -> String {
        guard let name = String(validating: bytes(field, index).bindMemory(to: UInt8.self), as: UTF8.self) else {
            throw ONNXError(.malformed, "the name '\(text(field, index))' is not valid UTF-8")
        }
        return name
    }

    func names(_ field: Field) throws(ONNXError) -> [String] {
        var names: [String] = []
        for index in 0..<count(field) { names.append(try name(field, index)) }
        return names
    }

    func integers(_ field: Field) -> [Int64] { (0..<count(field)).map { integer(field, $0) } }

    func child(_ field: Field, _ index: Int = 0) -> Message? { onnx_child(pointer, field, index).map(Message.init) }

    func children(_ field: Field) -> [Message] { (0..<count(field)).compactMap { child(field, $0) } }

    /// All elements of a repeated field of numbers, in native byte order and not aligned.
    func elements(_ field: Field) -> UnsafeRawBufferPointer {
        let bytes = onnx_elements(pointer, field)
        return UnsafeRawBufferPointer(start: bytes.data, count: bytes.count)
    }

    /// Whether the field's text is exactly `name`.
    func isNamed(_ name: String, _ field: Field, _ index: Int = 0) -> Bool {
        var name = name
        return name.withUTF8 { $0.elementsEqual(bytes(field, index)) }
    }
}

/// Changed and new messages. What they share with the file's messages, and the data that they refer to, has to live
/// until they are written.
final class Draft {
    private let pointer: OpaquePointer

    init() throws(ONNXError) {
        guard let pointer = onnx_draft_create() else { throw Draft.failure }
        self.pointer = pointer
    }

    deinit { onnx_draft_destroy(pointer) }

    static var failure: ONNXError { ONNXError(.cannotWrite, "memory is short") }

    private static func check(_ isDone: Bool) throws(ONNXError) { if !isDone { throw failure } }

    private static func message(_ pointer: OpaquePointer?) throws(ONNXError) -> Message {
        guard let pointer else { throw failure }
        return Message(pointer)
    }

    /// A copy that shares with `message` all that is not changed in it.
    func copy(of message: Message) throws(ONNXError) -> Message {
        try Draft.message(onnx_copy(pointer, message.pointer))
    }

    /// An empty message of the type that `field` of `parent` takes.
    func make(for field: Field, of parent: Message) throws(ONNXError) -> Message {
        try Draft.message(onnx_new(pointer, parent.pointer, field))
    }

    /// A copy of `message` if there is one, otherwise an empty message of its type.
    func copy(of message: Message?, orMakeFor field: Field, of parent: Message) throws(ONNXError) -> Message {
        if let message { return try copy(of: message) }
        return try make(for: field, of: parent)
    }

    func makeModel() throws(ONNXError) -> Message { try Draft.message(onnx_new_model(pointer)) }

    func clear(_ field: Field, of message: Message) { onnx_clear(message.pointer, field) }

    func set(_ field: Field, of message: Message, _ index: Int = 0, to value: Int64) throws(ONNXError) {
        try Draft.check(onnx_set_integer(message.pointer, field, index, value))
    }

    func set(_ field: Field, of message: Message, _ index: Int = 0, to value: Float) throws(ONNXError) {
        try Draft.check(onnx_set_real(message.pointer, field, index, Double(value)))
    }

    func set(_ field: Field, of message: Message, _ index: Int = 0, to value: String) throws(ONNXError) {
        var value = value
        let isDone = value.withUTF8 { onnx_set_text(pointer, message.pointer, field, index, $0.baseAddress, $0.count) }
        try Draft.check(isDone)
    }

    /// Lets the field refer to `bytes`, which have to stay where they are until the message is written.
    func refer(
        _ field: Field, of message: Message, _ index: Int = 0, to bytes: UnsafeRawBufferPointer
    ) throws(ONNXError) {
        try Draft.check(onnx_set_reference(message.pointer, field, index, bytes.baseAddress, bytes.count))
    }

    func set(_ field: Field, of message: Message, _ index: Int = 0, to child: Message) throws(ONNXError) {
        try Draft.check(onnx_set_child(message.pointer, field, index, child.pointer))
    }

    func set(_ field: Field, of message: Message, to children: [Message]) throws(ONNXError) {
        try resize(field, of: message, to: children.count)
        for (index, child) in children.enumerated() { try set(field, of: message, index, to: child) }
    }

    func set(_ field: Field, of message: Message, to values: [Int64]) throws(ONNXError) {
        try resize(field, of: message, to: values.count)
        for (index, value) in values.enumerated() { try set(field, of: message, index, to: value) }
    }

    func set(_ field: Field, of message: Message, to values: [Float]) throws(ONNXError) {
        try resize(field, of: message, to: values.count)
        for (index, value) in values.enumerated() { try set(field, of: message, index, to: value) }
    }

    func set(_ field: Field, of message: Message, to texts: [String]) throws(ONNXError) {
        try resize(field, of: message, to: texts.count)
        for (index, text) in texts.enumerated() { try set(field, of: message, index, to: text) }
    }

    private func resize(_ field: Field, of message: Message, to count: Int) throws(ONNXError) {
        try Draft.check(onnx_resize(pointer, message.pointer, field, count))
    }
}
