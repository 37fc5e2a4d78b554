import ModelGraph

@testable import TFLiteFormat

/// A file with what real files rarely have, built table by table: several graphs with control flow, custom operators,
/// options behind the tables, buffers behind the tables, block scales, sparsity, variables, texts, tensors of unknown
/// rank, signatures, metadata, and an archive behind everything.
enum RareFile {
    static let externalOffset = 8192
    static let externalSize = 64
    static let optionsOffset = 12288
    static let archive = Array("PK\u{3}\u{4}labels.txt".utf8)

    static func bytes(_ change: (FlatBuilder, inout TableDraft) -> Void = { _, _ in }) throws -> [UInt8] {
        let builder = try FlatBuilder()
        var bytes = try builder.finish(root: model(builder, change))
        precondition(bytes.count < externalOffset)
        bytes += [UInt8](repeating: 0, count: externalOffset - bytes.count)
        bytes += (0..<externalSize).map { UInt8($0) }
        bytes += [UInt8](repeating: 0, count: optionsOffset - bytes.count)
        bytes += Array("custom options far behind".utf8)
        return bytes + archive
    }

    static func file() throws -> MappedFile { MappedFile(copying: try bytes(), named: "rare.tflite") }

    private static func model(
        _ b: FlatBuilder, _ change: (FlatBuilder, inout TableDraft) -> Void
    ) -> FlatBuilder.Reference {
        let buffers: [FlatBuilder.Reference] = [
            b.table("Buffer") { _ in },
            b.table("Buffer") { $0.set("data", vector: [UInt8](repeating: 0x71, count: 32)) },
            // 1, 0.5, 2, 0.25 in half precision.
            b.table("Buffer") { $0.set("data", vector: [UInt16](arrayLiteral: 0x3C00, 0x3800, 0x4000, 0x3400).bytes) },
            b.table("Buffer") {
                $0.set("offset", unsigned: UInt64(externalOffset))
                $0.set("size", unsigned: UInt64(externalSize))
            },
            b.table("Buffer") { $0.set("data", vector: Array("1.14.0\0\0\0\0\0\0\0\0\0\0".utf8)) },
            b.table("Buffer") { $0.set("data", vector: [Int32](arrayLiteral: 1, 0, 8, 4).bytes + Array("text".utf8)) },
            b.table("Buffer") { $0.set("data", vector: [UInt8](arrayLiteral: 9, 9, 9)) },
        ]
        let codes = [
            code(b, "FULLY_CONNECTED", 10), code(b, "WHILE", 1), code(b, "CUSTOM", 3, custom: "Convolve"),
            code(b, "STABLEHLO_CONCATENATE", 1), code(b, "UNIDIRECTIONAL_SEQUENCE_LSTM", 1), code(b, "ADD", 1),
            code(b, "LESS", 1),
        ]
        let buffersVector = b.references(buffers)
        let codesVector = b.references(codes)
        let graphs = b.references([mainGraph(b), condition(b), body(b)])
        let maps = b.references([
            b.table("TensorMap") {
                $0.set("name", "image")
                $0.set("tensor_index", 0)
            }
        ])
        let signature = b.table("SignatureDef") {
            $0.set("inputs", maps)
            $0.set("signature_key", "serving_default")
        }
        let metadata = b.table("Metadata") {
            $0.set("name", "min_runtime_version")
            $0.set("buffer", 4)
        }
        let group = b.table("ExternalBufferGroup") { $0.set("name", "weights.bin") }
        return b.table("Model") {
            $0.set("version", 3)
            $0.set("operator_codes", codesVector)
            $0.set("subgraphs", graphs)
            $0.set("description", "rare")
            $0.set("buffers", buffersVector)
            $0.set("metadata_buffer", vector: [Int32(4)])
            $0.set("metadata", b.references([metadata]))
            $0.set("signature_defs", b.references([signature]))
            $0.set("external_buffer_groups", b.references([group]))
            change(b, &$0)
        }
    }

    private static func code(
        _ b: FlatBuilder, _ name: String, _ version: Int, custom: String? = nil
    ) -> FlatBuilder.Reference {
        b.table("OperatorCode") {
            $0.set("deprecated_builtin_code", min(127, TFLiteNames.builtinCode(name)))
            $0.set("builtin_code", TFLiteNames.builtinCode(name))
            $0.set("version", version)
            if let custom { $0.set("custom_code", custom) }
        }
    }

    private static func tensor(
        _ b: FlatBuilder, _ name: String, _ type: ElementType, _ shape: [Int32]?, buffer: Int = 0,
        _ more: (inout TableDraft) -> Void = { _ in }
    ) -> FlatBuilder.Reference {
        b.table("Tensor") {
            $0.set("name", name)
            $0.set("type", TFLiteNames.code(of: type)!)
            if let shape { $0.set("shape", vector: shape) }
            $0.set("buffer", buffer)
            $0.set("has_rank", shape != nil)
            more(&$0)
        }
    }

    private static func node(
        _ b: FlatBuilder, _ code: Int, _ inputs: [Int32], _ outputs: [Int32],
        _ more: (inout TableDraft) -> Void = { _ in }
    ) -> FlatBuilder.Reference {
        b.table("Operator") {
            $0.set("opcode_index", code)
            $0.set("inputs", vector: inputs)
            $0.set("outputs", vector: outputs)
            more(&$0)
        }
    }

    private static func mainGraph(_ b: FlatBuilder) -> FlatBuilder.Reference {
        let blocks = b.table("BlockwiseQuantization") {
            $0.set("scales", 2)
            $0.set("zero_points", -1)
            $0.set("block_size", 16)
        }
        let blockwise = b.table("QuantizationParameters") { $0.set("details", union: "BlockwiseQuantization", blocks) }
        let segments = b.table("Uint8Vector") { $0.set("values", vector: [UInt8](arrayLiteral: 0, 2)) }
        let sparseDimension = b.table("DimensionMetadata") {
            $0.set("format", 1)
            $0.set("array_segments_type", 3)
            $0.set("array_segments", segments)
        }
        let sparsity = b.table("SparsityParameters") {
            $0.set("traversal_order", vector: [Int32](arrayLiteral: 0, 1))
            $0.set("dim_metadata", b.references([sparseDimension]))
        }
        let observed = b.table("QuantizationParameters") {
            $0.set("min", vector: [Float(-1)])
            $0.set("max", vector: [Float.infinity])
        }
        let variant = b.table("VariantSubType") { $0.set("has_rank", true) }
        let tensors = [
            tensor(b, "image", .int8, [1, 32]) { $0.set("shape_signature", vector: [Int32](arrayLiteral: -1, 32)) },
            tensor(b, "weights", .int4, [2, 32], buffer: 1) { $0.set("quantization", blockwise) },
            tensor(b, "block scales", .float16, [2, 2], buffer: 2),
            tensor(b, "features", .int8, [1, 2]) { $0.set("quantization", observed) },
            tensor(b, "far", .float32, [16], buffer: 3),
            tensor(b, "state", .float32, [4]) { $0.set("is_variable", true) },
            tensor(b, "labels", .string, [1], buffer: 5),
            tensor(b, "any", .float32, nil),
            tensor(b, "sparse", .float32, [4, 8], buffer: 3) { $0.set("sparsity", sparsity) },
            tensor(b, "list", .variant, []) { $0.set("variant_tensors", b.references([variant])) },
            tensor(b, "joined", .float32, [16]),
            tensor(b, "counted", .int8, [1, 2]),
        ]
        let linear = b.table("FullyConnectedOptions") {
            $0.set("quantized_bias_type", 2)
            $0.set("fused_activation_function", 1)
        }
        let loop = b.table("WhileOptions") {
            $0.set("cond_subgraph_index", 1)
            $0.set("body_subgraph_index", 2)
        }
        let concatenation = b.table("StablehloConcatenateOptions") { $0.set("dimension", 3) }
        let sequence = b.table("UnidirectionalSequenceLSTMOptions") { $0.set("cell_clip", Float(10)) }
        let nodes = [
            node(b, 0, [0, 1, -1], [3]) { $0.set("builtin_options", union: "FullyConnectedOptions", linear) },
            node(b, 1, [3], [11]) { $0.set("builtin_options", union: "WhileOptions", loop) },
            node(b, 2, [4, 8], [7]) {
                $0.set("custom_options", vector: [UInt8](arrayLiteral: 1, 2, 3))
                $0.set("mutating_variable_inputs", vector: [true, false])
            },
            node(b, 3, [4], [10]) { $0.set("builtin_options_2", union: "StablehloConcatenateOptions", concatenation) },
            node(b, 4, [10, -1, 5], [9]) {
                $0.set("builtin_options", union: "UnidirectionalSequenceLSTMOptions", sequence)
                $0.set("intermediates", vector: [Int32](arrayLiteral: -1, 5))
                $0.set("debug_metadata_index", 7)
                $0.set("large_custom_options_offset", unsigned: UInt64(optionsOffset))
                $0.set("large_custom_options_size", unsigned: 25)
            },
        ]
        return b.table("SubGraph") {
            $0.set("tensors", b.references(tensors))
            $0.set("operators", b.references(nodes))
            $0.set("inputs", vector: [Int32(0)])
            $0.set("outputs", vector: [Int32](arrayLiteral: 11, 7))
            $0.set("name", "main")
            $0.set("debug_metadata_index", 3)
        }
    }

    private static func condition(_ b: FlatBuilder) -> FlatBuilder.Reference {
        let tensors = [tensor(b, "x", .int8, [1, 2]), tensor(b, "y", .bool, [])]
        return b.table("SubGraph") {
            $0.set("tensors", b.references(tensors))
            $0.set("operators", b.references([node(b, 6, [0, 0], [1])]))
            $0.set("inputs", vector: [Int32(0)])
            $0.set("outputs", vector: [Int32(1)])
        }
    }

    private static func body(_ b: FlatBuilder) -> FlatBuilder.Reference {
        let tensors = [tensor(b, "x", .int8, [1, 2]), tensor(b, "y", .int8, [1, 2])]
        let options = b.table("AddOptions") { $0.set("pot_scale_int16", false) }
        let sum = node(b, 5, [0, 0], [1]) { $0.set("builtin_options", union: "AddOptions", options) }
        return b.table("SubGraph") {
            $0.set("tensors", b.references(tensors))
            $0.set("operators", b.references([sum]))
            $0.set("inputs", vector: [Int32(0)])
            $0.set("outputs", vector: [Int32(1)])
        }
    }
}

extension Array where Element: BitwiseCopyable {
    var bytes: [UInt8] { withUnsafeBytes { Array<UInt8>($0) } }
}
