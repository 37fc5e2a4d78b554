import ModelGraph
import Operators

extension OperatorTable {
    static let spectralRows: [OperatorRow] = [
        fourierTransform, shortTimeFourierTransform, window("HannWindow", .hann), window("HammingWindow", .hamming),
        window("BlackmanWindow", .blackman), melWeightMatrix, nonMaxSuppression,
    ]

    /// The axis became an operand with operator set 20, and the one before the last by default.
    private static let fourierTransform = OperatorRow(
        type: "DFT",
        decode: { node throws(Misfit) in
            try node.requireOperands(1...(node.version < 20 ? 2 : 3), required: 1)
            let transform = FourierTransform(
                axis: node.version < 20 ? try node.int("axis") ?? 1 : -2, isInverse: try node.flag("inverse"),
                isOneSided: try node.flag("onesided"))
            return DecodedNode(operation: transform, operands: node.givenOperands)
        },
        encode: { encoder throws(Misfit) in
            let transform = try encoder.operation(FourierTransform.self)
            try encoder.requireReal()
            var attributes: [String: EncodedNode.Attribute] = [
                "inverse": .int(transform.isInverse ? 1 : 0), "onesided": .int(transform.isOneSided ? 1 : 0),
            ]
            try encoder.require(encoder.version >= 17)
            var inputs = encoder.inputs
            if encoder.version < 20 {
                try encoder.require(transform.axis >= 0 && inputs.count < 3)
                attributes["axis"] = .int(transform.axis)
            } else if inputs.count < 3, transform.axis != -2 {
                inputs += Array(repeating: nil, count: 2 - inputs.count)
                inputs.append(encoder.constant("axis", .int64, [], TensorData([Int64(transform.axis)])))
            }
            return EncodedNode(inputs: inputs, attributes: attributes)
        })

    private static let shortTimeFourierTransform = OperatorRow(
        type: "STFT",
        decode: { node throws(Misfit) in
            try node.requireOperands(2...4, required: 2)
            return DecodedNode(
                operation: ShortTimeFourierTransform(isOneSided: try node.flag("onesided", default: true)),
                operands: node.givenOperands)
        },
        encode: { encoder throws(Misfit) in
            let transform = try encoder.operation(ShortTimeFourierTransform.self)
            try encoder.requireReal()
            try encoder.require(encoder.version >= 17)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["onesided": .int(transform.isOneSided ? 1 : 0)])
        })

    private static func window(_ type: String, _ kind: WindowFunction.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                let result = try node.elementType("output_datatype") ?? .float32
                return DecodedNode(
                    operation: WindowFunction(kind, isPeriodic: try node.flag("periodic", default: true), type: result),
                    operands: node.operands, resultType: result)
            },
            encode: { encoder throws(Misfit) in
                let window = try encoder.operation(WindowFunction.self)
                guard let type = window.type.dataType else { throw Misfit() }
                try encoder.require(window.kind == kind && encoder.version >= 17)
                return EncodedNode(
                    inputs: encoder.inputs,
                    attributes: ["periodic": .int(window.isPeriodic ? 1 : 0), "output_datatype": .int(Int(type))])
            })
    }

    private static let melWeightMatrix = OperatorRow(
        type: "MelWeightMatrix",
        decode: { node throws(Misfit) in
            try node.requireInputs(5...5)
            let result = try node.elementType("output_datatype") ?? .float32
            return DecodedNode(
                operation: MelWeightMatrix(type: result), operands: node.operands, resultType: result)
        },
        encode: { encoder throws(Misfit) in
            guard let type = try encoder.operation(MelWeightMatrix.self).type.dataType else { throw Misfit() }
            try encoder.require(encoder.version >= 17)
            return EncodedNode(inputs: encoder.inputs, attributes: ["output_datatype": .int(Int(type))])
        })

    private static let nonMaxSuppression = OperatorRow(
        type: "NonMaxSuppression",
        decode: { node throws(Misfit) in
            try node.requireOperands(2...5, required: 2)
            return DecodedNode(
                operation: NonMaxSuppression(hasCenters: try node.flag("center_point_box")),
                operands: node.givenOperands, resultType: .int64)
        },
        encode: { encoder throws(Misfit) in
            let suppression = try encoder.operation(NonMaxSuppression.self)
            try encoder.require(encoder.version >= 10)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["center_point_box": .int(suppression.hasCenters ? 1 : 0)])
        })
}
