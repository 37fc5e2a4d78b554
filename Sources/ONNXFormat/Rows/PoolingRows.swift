import ModelGraph
import Operators

extension OperatorTable {
    static let poolingRows: [OperatorRow] = [
        pool("MaxPool", .max), pool("AveragePool", .average), pool("LpPool", .norm),
        globalPool("GlobalMaxPool", .max), globalPool("GlobalAveragePool", .average),
        globalPool("GlobalLpPool", .norm), unpool,
    ]

    private static func pool(_ type: String, _ kind: Pool.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1, results: kind == .max ? 2 : 1)
                let window = try SpatialAttributes(&node, rankOfWindow: node.value(0)?.shape.map { $0.rank - 2 })
                guard let kernel = window.kernel else { throw Misfit() }
                var pool = Pool(
                    kind, window: kernel, strides: window.strides, dilations: window.dilations, padding: window.padding,
                    roundsUp: try node.int("ceil_mode") ?? 0 != 0, givesPlaces: node.gives(1), layout: .channelsFirst)
                switch kind {
                case .max: pool.countsPlacesByColumn = try node.int("storage_order") ?? 0 != 0
                // Without padding there is nothing to count.
                case .average:
                    pool.countsPadding = try node.int("count_include_pad") ?? 0 != 0 && window.padding != .valid
                default: pool.order = try node.order()
                }
                return DecodedNode(operation: pool, operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let pool = try encoder.operation(Pool.self)
                if kind == .max { try encoder.requireOneQuantization() } else { try encoder.requireReal() }
                // 8-bit integers came with operator set 12.
                try encoder.require(!encoder.isInteger || encoder.version >= 12)
                try encoder.require(pool.kind == kind && pool.activation == .none && pool.layout == .channelsFirst)
                var attributes = SpatialAttributes.encode(
                    kernel: pool.window, strides: pool.strides, padding: pool.padding)
                if pool.dilations.contains(where: { $0 != 1 }) {
                    try encoder.require(encoder.version >= (kind == .max ? 10 : kind == .average ? 19 : 18))
                    attributes["dilations"] = .ints(pool.dilations)
                }
                if pool.roundsUp {
                    try encoder.require(encoder.version >= (kind == .norm ? 18 : 10))
                    attributes["ceil_mode"] = .int(1)
                }
                if pool.countsPadding {
                    try encoder.require(encoder.version >= 7)
                    attributes["count_include_pad"] = .int(1)
                }
                if pool.countsPlacesByColumn { attributes["storage_order"] = .int(1) }
                if kind == .norm { attributes["p"] = encoder.order(pool.order) }
                return EncodedNode(inputs: encoder.inputs, attributes: attributes)
            })
    }

    private static func globalPool(_ type: String, _ kind: Pool.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                let order = kind == .norm ? try node.order() : 2
                return DecodedNode(
                    operation: GlobalPool(kind, order: order, layout: .channelsFirst), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.requireReal()
                let pool = try encoder.operation(GlobalPool.self)
                try encoder.require(pool.kind == kind && pool.layout == .channelsFirst)
                return EncodedNode(
                    inputs: encoder.inputs, attributes: kind == .norm ? ["p": encoder.order(pool.order)] : [:])
            })
    }

    private static let unpool = OperatorRow(
        type: "MaxUnpool",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...3)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(0)?.shape.map { $0.rank - 2 })
            guard let kernel = window.kernel else { throw Misfit() }
            return DecodedNode(
                operation: Unpool(window: kernel, strides: window.strides, padding: window.padding),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let unpool = try encoder.operation(Unpool.self)
            try encoder.requireReal()
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: SpatialAttributes.encode(
                    kernel: unpool.window, strides: unpool.strides, padding: unpool.padding))
        })
}

extension NodeReader {
    /// The p of a norm, which was a real number at first.
    fileprivate mutating func order() throws(Misfit) -> Int {
        guard version < 2 else {
            let order = try int("p") ?? 2
            guard order > 0 else { throw Misfit() }
            return order
        }
        guard let order = Int(exactly: try float("p") ?? 2), order > 0 else { throw Misfit() }
        return order
    }
}

extension NodeEncoder {
    fileprivate func order(_ order: Int) -> EncodedNode.Attribute { version < 2 ? .float(Float(order)) : .int(order) }
}
