import ModelGraph
import Operators

extension OperatorTable {
    static let elementwiseRows: [OperatorRow] = [
        unary("Relu", .relu), unary("Sigmoid", .logistic), unary("Tanh", .tanh), unary("Abs", .abs),
        unary("Neg", .negate), unary("Exp", .exp), unary("Log", .log), unary("Sqrt", .sqrt), unary("Sin", .sin),
        unary("Cos", .cos), unary("Floor", .floor), unary("Ceil", .ceil), unary("Round", .round, since: 11),
        unary("HardSwish", .hardSwish, since: 14), elu, clip,
        binary("Add", .add), binary("Sub", .subtract), binary("Mul", .multiply), binary("Div", .divide),
        binary("Pow", .power),
        softmax, identity, dropout,
    ]

    private static func unary(_ type: String, _ kind: Unary.Kind, since: Int = 1) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                return DecodedNode(operation: Unary(kind), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.require(try encoder.operation(Unary.self).kind == kind && encoder.version >= since)
                try encoder.requireReal()
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    private static let elu = OperatorRow(
        type: "Elu",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            let alpha = try node.float("alpha") ?? 1
            let elu: any Operation = alpha == 1 ? Unary(.elu) : ParametricUnary(.elu, alpha: alpha)
            return DecodedNode(operation: elu, operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            try encoder.requireReal()
            if let elu = encoder.node.operation as? ParametricUnary, elu.kind == .elu {
                return EncodedNode(inputs: encoder.inputs, attributes: ["alpha": .float(elu.alpha)])
            }
            try encoder.require(try encoder.operation(Unary.self).kind == .elu)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let clipped: [(kind: Unary.Kind, lower: Float, upper: Float)] = [
        (.relu6, 0, 6), (.reluN1To1, -1, 1), (.relu0To1, 0, 1),
    ]

    /// Clip with the bounds of an activation. They became operands with operator set 11.
    private static let clip = OperatorRow(
        type: "Clip",
        decode: { node throws(Misfit) in
            var (lower, upper): (Float?, Float?)
            let hasOperands = node.version >= 11
            if hasOperands {
                try node.requireInputs(1...3)
                if node.has(1) { lower = (try? node.constantFloats(1))?.first }
                if node.has(2) { upper = (try? node.constantFloats(2))?.first }
            } else {
                try node.requireInputs(1...1)
                (lower, upper) = (try node.float("min"), try node.float("max"))
            }
            if let found = clipped.first(where: { $0.lower == lower && $0.upper == upper }) {
                return DecodedNode(
                    operation: Unary(found.kind), operands: [node.operand(0)], implicit: node.implicit(from: 1))
            }
            let clip = hasOperands ? Clip() : Clip(lower: lower, upper: upper)
            return DecodedNode(operation: clip, operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            if let clip = encoder.node.operation as? Clip { return try encode(clip, encoder) }
            let kind = try encoder.operation(Unary.self).kind
            try encoder.requireReal()
            guard let found = clipped.first(where: { $0.kind == kind }) else { throw Misfit() }
            guard encoder.version >= 11 else {
                return EncodedNode(
                    inputs: encoder.inputs, attributes: ["min": .float(found.lower), "max": .float(found.upper)])
            }
            // Bounds have the operand's type.
            try encoder.require([.float32, .variant].contains(encoder.value(0)?.type))
            return EncodedNode(
                inputs: encoder.inputs + [
                    encoder.input(found.lower, implicit: 0, named: "min"),
                    encoder.input(found.upper, implicit: 1, named: "max"),
                ])
        })

    private static func encode(_ clip: Clip, _ encoder: NodeEncoder) throws(Misfit) -> EncodedNode {
        try encoder.requireReal()
        let bounds = [("min", clip.lower), ("max", clip.upper)]
        guard encoder.version >= 11 else {
            try encoder.require(encoder.node.inputs.count == 1)
            var attributes: [String: EncodedNode.Attribute] = [:]
            for case (let name, let bound?) in bounds { attributes[name] = .float(bound) }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        }
        if clip.lower == nil, clip.upper == nil { return EncodedNode(inputs: encoder.inputs) }
        try encoder.require(encoder.node.inputs.count == 1 && encoder.value(0)?.type == .float32)
        return EncodedNode(
            inputs: encoder.inputs
                + bounds.map { name, bound in
                    bound.map { encoder.constant(name, .float32, [], TensorData([$0])) }
                })
    }

    /// Broadcasting is NumPy's since operator set 7; before, attributes told of it, which keep the node opaque.
    private static func binary(_ type: String, _ kind: Binary.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(2...2)
                return DecodedNode(operation: Binary(kind), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let binary = try encoder.operation(Binary.self)
                try encoder.requireReal()
                try encoder.require(binary.kind == kind && binary.activation == .none && encoder.version >= 7)
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    /// Until operator set 13 all axes from the given one on were one.
    private static let softmax = OperatorRow(
        type: "Softmax",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            let axis = try node.int("axis")
            if node.version >= 13 {
                return DecodedNode(operation: Softmax(axis: axis ?? -1), operands: node.operands)
            }
            let isLast =
                axis == -1 || (node.value(0)?.shape ?? node.result?.shape).map { $0.rank - 1 == axis ?? 1 } ?? false
            return DecodedNode(
                operation: Softmax(axis: axis ?? 1, includesInnerAxes: !isLast), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let softmax = try encoder.operation(Softmax.self)
            try encoder.requireReal()
            var axis = softmax.axis
            if softmax.includesInnerAxes, encoder.version >= 13 {
                // Over all axes from the given one on is over that one, if the others have one element.
                guard let dimensions = encoder.shapeOfResult?.dimensions else { throw Misfit() }
                try encoder.require(
                    dimensions.dropFirst(axis < 0 ? axis + dimensions.count + 1 : axis + 1).allSatisfy {
                        $0 == .fixed(1)
                    })
            }
            if encoder.version < 13, !softmax.includesInnerAxes, axis != -1 || encoder.version < 11 {
                guard let rank = encoder.shapeOfResult?.rank else { throw Misfit() }
                if axis < 0 { axis += rank }
                try encoder.require(axis == rank - 1)
            }
            try encoder.require(softmax.beta == 1)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(axis)])
        })

    private static let identity = OperatorRow(
        type: "Identity",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(operation: Identity(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Identity.self)
            try encoder.requireOneQuantization()
            return EncodedNode(inputs: [try encoder.input(0)])
        })

    /// Dropout outside training. It was an attribute until operator set 7 and an operand from 12 on that told training.
    private static let dropout = OperatorRow(
        type: "Dropout",
        decode: { node throws(Misfit) in
            guard !tellsMask(node), try !mayTrain(node) else { return try decodeDropout(&node) }
            try node.requireInputs(1...3)
            if node.version < 7 { guard try node.int("is_test") ?? 0 != 0 else { throw Misfit() } }
            if node.version < 12 { _ = try node.float("ratio") } else { _ = try node.int("seed") }
            return DecodedNode(operation: Identity(), operands: [node.operand(0)], implicit: node.implicit(from: 1))
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Identity.self)
            try encoder.requireOneQuantization()
            try encoder.require(!encoder.node.implicitInputs.isEmpty)
            return EncodedNode(
                inputs: [try encoder.input(0)] + encoder.node.implicitInputs.map { .value($0) })
        })
}
