import COnnx
import ModelGraph

/// The tensor type that a ValueInfoProto declares.
struct DeclaredType {
    /// `variant` for what is no tensor, or has a type that is not known.
    var type: ElementType
    /// nil where not even the rank is told.
    var shape: Shape?

    static let unknown = DeclaredType(type: .variant, shape: nil)

    init(type: ElementType, shape: Shape?) {
        self.type = type
        self.shape = shape
    }

    init(_ info: Message) {
        let type = info.child(ONNX_VALUE_INFO_TYPE)
        // An optional tensor is fed as one that is there.
        let content = type?.child(ONNX_TYPE_OPTIONAL_TYPE)?.child(ONNX_TYPE_OPTIONAL_ELEM_TYPE) ?? type
        guard let tensor = content?.child(ONNX_TYPE_TENSOR_TYPE) else {
            self = .unknown
            return
        }
        self.type = ElementType(dataType: tensor.integer(ONNX_TYPE_TENSOR_ELEM_TYPE)) ?? .variant
        shape = tensor.child(ONNX_TYPE_TENSOR_SHAPE).map { shape in
            Shape(dimensions: shape.children(ONNX_TENSOR_SHAPE_DIM).map(DeclaredType.dimension))
        }
    }

    private static func dimension(_ message: Message) -> Dimension {
        if message.has(ONNX_TENSOR_SHAPE_DIMENSION_DIM_VALUE) {
            let size = message.integer(ONNX_TENSOR_SHAPE_DIMENSION_DIM_VALUE)
            return size >= 0 ? .fixed(Int(size)) : .dynamic()
        }
        let symbol = message.text(ONNX_TENSOR_SHAPE_DIMENSION_DIM_PARAM)
        return .dynamic(symbol: symbol.isEmpty ? nil : symbol)
    }
}
