import ModelGraph
import Operators

extension OperatorTable {
    static let movementRows: [OperatorRow] = [concatenation, transpose, pad, slice]

    private static let concatenation = OperatorRow(
        type: "Concat",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...Int(Int32.max))
            guard node.inputs.allSatisfy({ $0 != nil }), let axis = try node.int("axis") ?? (node.version < 4 ? 1 : nil)
            else { throw Misfit() }
            return DecodedNode(operation: Concatenation(axis: axis), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let concatenation = try encoder.operation(Concatenation.self)
            try encoder.requireOneQuantization()
            var axis = concatenation.axis
            if axis < 0, encoder.version < 11 { axis += try encoder.rank(0) }
            try encoder.require(concatenation.activation == .none)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(axis)])
        })

    private static let transpose = OperatorRow(
        type: "Transpose",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            var permutation = try node.ints("perm") ?? []
            if permutation.isEmpty { permutation = Array((0..<(try node.rank(0))).reversed()) }
            return DecodedNode(
                operation: Transpose(),
                operands: [node.operand(0), node.constant("perm", permutation, [permutation.count])])
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Transpose.self)
            try encoder.requireOneQuantization()
            return EncodedNode(
                inputs: [try encoder.input(0)], attributes: ["perm": .ints(try encoder.constantInts(1))])
        })

    /// Constant padding. Amounts and value became operands with operator set 11, a choice of axes came with 18.
    private static let pad = OperatorRow(
        type: "Pad",
        decode: { node throws(Misfit) in
            let name = try node.string("mode") ?? "constant"
            guard let mode = GeneralPad.Mode(rawValue: name), mode != .symmetric else { throw Misfit() }
            var amounts: [Int]
            var operands: [DecodedNode.Operand?] = [node.operand(0)]
            var value: DecodedNode.Operand?
            var implicit: [ValueID] = []
            if node.version >= 11 {
                try node.requireInputs(2...4)
                let known = try? plainAmounts(node)
                guard let known, mode == .constant else {
                    return DecodedNode(
                        operation: GeneralPad(mode, order: .beginsThenEnds), operands: node.operands)
                }
                amounts = known
                value = node.operand(2)
                implicit = [1, 3].compactMap { node.has($0) ? node.inputs[$0] : nil }
            } else {
                try node.requireInputs(1...1)
                guard let attribute = try node.ints(node.version < 2 ? "paddings" : "pads") else { throw Misfit() }
                amounts = attribute
                if let filling = try node.float("value"), filling != 0 {
                    guard mode == .constant else { throw Misfit() }
                    value = node.constant("value", filling)
                }
            }
            let rank = amounts.count / 2
            guard amounts.count == 2 * rank else { throw Misfit() }
            let pairs = (0..<rank).flatMap { [amounts[$0], amounts[rank + $0]] }
            operands.append(node.constant("pads", pairs, [rank, 2]))
            if let value { operands.append(value) }
            if mode != .constant || pairs.contains(where: { $0 < 0 }) {
                return DecodedNode(operation: GeneralPad(mode, order: .pairs), operands: operands)
            }
            return DecodedNode(operation: Pad(), operands: operands, implicit: implicit)
        },
        encode: { encoder throws(Misfit) in
            try encoder.requireReal()
            var mode = GeneralPad.Mode.constant
            if let general = encoder.node.operation as? GeneralPad {
                guard general.mode != .symmetric else { throw Misfit() }
                mode = general.mode
                if general.order == .beginsThenEnds {
                    try encoder.require(encoder.version >= 11)
                    return EncodedNode(inputs: encoder.inputs, attributes: ["mode": .string(mode.rawValue)])
                }
                try encoder.require(encoder.version < 11 || encoder.node.inputs.count < 4)
            } else {
                _ = try encoder.operation(Pad.self)
            }
            let pairs = try encoder.constantInts(1)
            try encoder.require(pairs.count.isMultiple(of: 2))
            let rank = pairs.count / 2
            let amounts = (0..<rank).map { pairs[2 * $0] } + (0..<rank).map { pairs[2 * $0 + 1] }
            if encoder.version >= 11 {
                let inputs: [EncodedNode.Input?] = [try encoder.input(0), encoder.input(amounts, named: "pads")]
                return EncodedNode(
                    inputs: inputs + encoder.inputs.dropFirst(2),
                    attributes: mode == .constant ? [:] : ["mode": .string(mode.rawValue)])
            }
            var attributes: [String: EncodedNode.Attribute] = [
                encoder.version < 2 ? "paddings" : "pads": .ints(amounts)
            ]
            if mode != .constant { attributes["mode"] = .string(mode.rawValue) }
            if encoder.node.inputs.count > 2 {
                guard let filling = try encoder.constantFloats(2).first else { throw Misfit() }
                attributes["value"] = .float(filling)
            }
            return EncodedNode(inputs: [try encoder.input(0)], attributes: attributes)
        })

    /// Starts, ends and axes became operands with operator set 10; steps came with them.
    private static let slice = OperatorRow(
        type: "Slice",
        decode: { node throws(Misfit) in
            if node.version >= 10 {
                try node.requireInputs(3...5)
                return DecodedNode(operation: Slice(), operands: node.operands)
            }
            try node.requireInputs(1...1)
            guard let starts = try node.ints("starts"), let ends = try node.ints("ends"), starts.count == ends.count
            else { throw Misfit() }
            let axes = try node.ints("axes") ?? Array(starts.indices)
            guard axes.count == starts.count else { throw Misfit() }
            return DecodedNode(
                operation: Slice(),
                operands: [node.operand(0)]
                    + [("starts", starts), ("ends", ends), ("axes", axes)].map { node.constant($0, $1, [$1.count]) })
        },
        encode: { encoder throws(Misfit) in
            try encoder.require(!(try encoder.operation(Slice.self).endsAreSizes))
            if encoder.version >= 10 { return EncodedNode(inputs: encoder.inputs) }
            try encoder.require(encoder.node.inputs.count < 5)
            var attributes: [String: EncodedNode.Attribute] = [
                "starts": .ints(try encoder.constantInts(1)), "ends": .ints(try encoder.constantInts(2)),
            ]
            if encoder.node.inputs.count > 3 { attributes["axes"] = .ints(try encoder.constantInts(3)) }
            return EncodedNode(inputs: [try encoder.input(0)], attributes: attributes)
        })

    /// The amounts of all axes, if they are known and none is negative.
    private static func plainAmounts(_ node: NodeReader) throws(Misfit) -> [Int] {
        var amounts = try node.constantInts(1)
        if node.has(3) { amounts = try spread(amounts, over: node.constantInts(3), rank: node.rank(0)) }
        guard amounts.count.isMultiple(of: 2), amounts.allSatisfy({ $0 >= 0 }) else { throw Misfit() }
        return amounts
    }

    /// The amounts of all axes, where only those of `axes` are given.
    private static func spread(_ amounts: [Int], over axes: [Int], rank: Int) throws(Misfit) -> [Int] {
        guard amounts.count == 2 * axes.count, rank <= 1024 else { throw Misfit() }
        var all = Array(repeating: 0, count: 2 * rank)
        for (index, axis) in axes.enumerated() {
            guard (-rank..<rank).contains(axis) else { throw Misfit() }
            let axis = axis < 0 ? axis + rank : axis
            all[axis] = amounts[index]
            all[rank + axis] = amounts[axes.count + index]
        }
        return all
    }
}
