import ModelGraph
import Operators

extension OperatorTable {
    static let poolingRows: [OperatorRow] = [
        pool("MaxPool", .max), pool("AveragePool", .average),
        globalPool("GlobalMaxPool", .max), globalPool("GlobalAveragePool", .average),
    ]

    private static func pool(_ type: String, _ kind: Pool.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                let window = try SpatialAttributes(&node, rankOfWindow: node.value(0)?.shape.map { $0.rank - 2 })
                guard let kernel = window.kernel, window.dilations.allSatisfy({ $0 == 1 }) else { throw Misfit() }
                try node.require("ceil_mode", is: 0)
                if kind == .max { try node.require("storage_order", is: 0) }
                // Padding that counts in the mean is not what `Pool` does; without padding there is nothing to count.
                if kind == .average, try node.int("count_include_pad") ?? 0 != 0, window.padding != .valid {
                    throw Misfit()
                }
                return DecodedNode(
                    operation: Pool(
                        kind, window: kernel, strides: window.strides, padding: window.padding, layout: .channelsFirst),
                    operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let pool = try encoder.operation(Pool.self)
                if kind == .max { try encoder.requireOneQuantization() } else { try encoder.requireReal() }
                // 8-bit integers came with operator set 12.
                try encoder.require(!encoder.isInteger || encoder.version >= 12)
                try encoder.require(pool.kind == kind && pool.activation == .none && pool.layout == .channelsFirst)
                return EncodedNode(
                    inputs: encoder.inputs,
                    attributes: SpatialAttributes.encode(
                        kernel: pool.window, strides: pool.strides, padding: pool.padding))
            })
    }

    private static func globalPool(_ type: String, _ kind: Pool.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                return DecodedNode(operation: GlobalPool(kind, layout: .channelsFirst), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.requireReal()
                try encoder.require(
                    try encoder.operation(GlobalPool.self) == GlobalPool(kind, layout: .channelsFirst))
                return EncodedNode(inputs: encoder.inputs)
            })
    }
}
