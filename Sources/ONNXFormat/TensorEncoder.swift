import COnnx
import ModelGraph

/// Makes TensorProto messages of constants.
struct TensorEncoder {
    private let encoder: ModelEncoder
    private var draft: Draft { encoder.draft }

    init(_ encoder: ModelEncoder) { self.encoder = encoder }

    /// An initializer of the file: as it is if nothing was changed, otherwise with new data or a new name.
    func encode(_ value: Value, named name: String, former: Value, template: Message) throws(ONNXError) -> Message {
        // What the values stand for is said elsewhere: their quantization is no part of the tensor.
        let isSame =
            value.type == former.type && value.shape == former.shape && value.isSparse == former.isSparse
            && ONNXSource.isSame(value.constant, former.constant)
        if isSame, name == former.name { return template }
        let message = try draft.copy(of: template)
        try draft.set(ONNX_TENSOR_NAME, of: message, to: name)
        if !isSame { try fill(message, with: value) }
        return message
    }

    /// A new initializer.
    func encode(_ value: Value, named name: String, in graph: Message) throws(ONNXError) -> Message {
        let message = try draft.make(for: ONNX_GRAPH_INITIALIZER, of: graph)
        try draft.set(ONNX_TENSOR_NAME, of: message, to: name)
        try fill(message, with: value)
        return message
    }

    func encodeSparse(_ value: Value, named name: String, former: Value, template: Message) throws(ONNXError) -> Message
    {
        guard encoder.source?.hasSameContent(value, former) == true,
            let values = template.child(ONNX_SPARSE_TENSOR_VALUES)
        else { throw ONNXError(.unsupported, "a changed sparse tensor cannot be written", at: "tensor '\(name)'") }
        if name == former.name { return template }
        let message = try draft.copy(of: template)
        let renamed = try draft.copy(of: values)
        try draft.set(ONNX_TENSOR_NAME, of: renamed, to: name)
        try draft.set(ONNX_SPARSE_TENSOR_VALUES, of: message, to: renamed)
        return message
    }

    /// Sets type, extents and data.
    func fill(_ message: Message, with value: Value) throws(ONNXError) {
        guard let type = value.type.dataType, let sizes = value.shape?.sizes, let data = value.constant, !value.isSparse
        else {
            throw ONNXError(
                .unsupported,
                "a constant of type \(value.type) and shape \(value.shape?.description ?? "?") has no form in ONNX",
                at: "tensor '\(value.name)'")
        }
        TensorEncoder.clearData(of: message, draft: draft)
        draft.clear(ONNX_TENSOR_SEGMENT, of: message)
        try draft.set(ONNX_TENSOR_DATA_TYPE, of: message, to: type)
        try draft.set(ONNX_TENSOR_DIMS, of: message, to: sizes.map(Int64.init))
        if value.type == .string {
            try setStrings(of: message, to: data, count: Shape.elementCount(sizes) ?? 0)
        } else {
            try draft.refer(ONNX_TENSOR_RAW_DATA, of: message, to: encoder.retain(data))
        }
    }

    static func clearData(of message: Message, draft: Draft) {
        let fields = [
            ONNX_TENSOR_FLOAT_DATA, ONNX_TENSOR_INT32_DATA, ONNX_TENSOR_STRING_DATA, ONNX_TENSOR_INT64_DATA,
            ONNX_TENSOR_DOUBLE_DATA, ONNX_TENSOR_UINT64_DATA, ONNX_TENSOR_RAW_DATA, ONNX_TENSOR_EXTERNAL_DATA,
            ONNX_TENSOR_DATA_LOCATION,
        ]
        for field in fields { draft.clear(field, of: message) }
    }

    /// Strings lie in the graph as TFLite stores them: their number, where each begins and the last ends, their bytes.
    private func setStrings(of message: Message, to data: TensorData, count: Int) throws(ONNXError) {
        let offsets = data.elements(as: Int32.self).prefix(count + 2).map(Int.init)
        guard offsets.count == count + 2, offsets[0] == count else {
            throw ONNXError(.unsupported, "a tensor of strings is not laid out as strings are")
        }
        let bytes = encoder.retain(data)
        try draft.set(ONNX_TENSOR_STRING_DATA, of: message, to: Array(repeating: "", count: count))
        for index in 0..<count {
            let (begin, end) = (offsets[index + 1], offsets[index + 2])
            guard begin >= 0, begin <= end, end <= bytes.count else {
                throw ONNXError(.unsupported, "a tensor of strings is not laid out as strings are")
            }
            try draft.refer(
                ONNX_TENSOR_STRING_DATA, of: message, index, to: UnsafeRawBufferPointer(rebasing: bytes[begin..<end]))
        }
    }
}
