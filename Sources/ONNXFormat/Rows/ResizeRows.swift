import ModelGraph
import Operators

extension OperatorTable {
    static let resizeRows: [OperatorRow] = [resize, upsample]

    private static let resize = OperatorRow(
        type: "Resize",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...4)
            guard let mode = Resize.Mode(rawValue: try node.string("mode") ?? "nearest") else { throw Misfit() }
            guard node.version >= 11 else {
                guard node.inputs.count == 2 else { throw Misfit() }
                return DecodedNode(
                    operation: Resize(mode, coordinates: .asymmetric, rounding: .bySize),
                    operands: [node.operand(0), nil, node.operand(1)])
            }
            guard
                let coordinates = Resize.Coordinates(
                    rawValue: try node.string("coordinate_transformation_mode") ?? "half_pixel"),
                let rounding = Resize.Rounding(rawValue: try node.string("nearest_mode") ?? "round_prefer_floor"),
                let aspect = Resize.AspectPolicy(
                    rawValue: try node.string("keep_aspect_ratio_policy") ?? "stretch")
            else { throw Misfit() }
            return DecodedNode(
                operation: Resize(
                    mode, coordinates: coordinates, rounding: rounding,
                    cubicCoefficient: try node.float("cubic_coeff_a") ?? -0.75,
                    excludesOutside: try node.int("exclude_outside") ?? 0 != 0,
                    extrapolation: try node.float("extrapolation_value") ?? 0,
                    antialiases: try node.int("antialias") ?? 0 != 0, axes: try node.ints("axes"), aspect: aspect),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let resize = try encoder.operation(Resize.self)
            if resize.mode == .nearest { try encoder.requireOneQuantization() } else { try encoder.requireReal() }
            guard encoder.version >= 11 else {
                try encoder.require(
                    encoder.version == 10 && encoder.node.inputs.count == 3
                        && resize == Resize(resize.mode, coordinates: .asymmetric, rounding: .bySize))
                return EncodedNode(
                    inputs: [try encoder.input(0), try encoder.input(2)],
                    attributes: ["mode": .string(resize.mode.rawValue)])
            }
            // The operand of the scales has to be there until operator set 13.
            try encoder.require(encoder.version >= 13 || encoder.node.inputs.count > 2)
            let rounding = try encoder.rounding(of: resize)
            var attributes: [String: EncodedNode.Attribute] = [
                "mode": .string(resize.mode.rawValue),
                "coordinate_transformation_mode": .string(resize.coordinates.rawValue),
                "nearest_mode": .string(rounding.rawValue), "cubic_coeff_a": .float(resize.cubicCoefficient),
                "exclude_outside": .int(resize.excludesOutside ? 1 : 0),
                "extrapolation_value": .float(resize.extrapolation),
            ]
            if resize.antialiases || resize.axes != nil || resize.aspect != .stretch {
                try encoder.require(encoder.version >= 18)
                attributes["antialias"] = .int(resize.antialiases ? 1 : 0)
                attributes["axes"] = resize.axes.map { .ints($0) }
                attributes["keep_aspect_ratio_policy"] = .string(resize.aspect.rawValue)
            }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    /// The scales were an attribute before operator set 9.
    private static let upsample = OperatorRow(
        type: "Upsample",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...2)
            let mode: Resize.Mode? =
                switch try node.string("mode") ?? "nearest" {
                case "nearest": .nearest
                case "linear", "bilinear": .linear
                default: nil
                }
            guard let mode else { throw Misfit() }
            var scales = node.operand(1)
            if node.version < 9 {
                guard node.version >= 7, let values = try node.floats("scales"), node.inputs.count == 1 else {
                    throw Misfit()
                }
                scales = node.constant("scales", values)
            }
            guard let scales else { throw Misfit() }
            return DecodedNode(
                operation: Resize(mode, coordinates: .asymmetric, rounding: .bySize),
                operands: [node.operand(0), nil, scales])
        },
        encode: { encoder throws(Misfit) in
            let resize = try encoder.operation(Resize.self)
            try encoder.requireReal()
            try encoder.require(
                encoder.version == 9 && encoder.node.inputs.count == 3 && resize.mode != .cubic
                    && resize == Resize(resize.mode, coordinates: .asymmetric, rounding: .bySize))
            return EncodedNode(
                inputs: [try encoder.input(0), try encoder.input(2)],
                attributes: ["mode": .string(resize.mode.rawValue)])
        })
}

extension NodeEncoder {
    /// How to say the rounding since operator set 11: one rule for all axes, whether they grow or shrink.
    fileprivate func rounding(of resize: Resize) throws(Misfit) -> Resize.Rounding {
        guard resize.rounding == .bySize else { return resize.rounding }
        guard resize.mode == .nearest else { return .preferFloor }
        let scales = try constantFloats(2)
        if scales.allSatisfy({ $0 >= 1 }) { return .floor }
        try require(scales.allSatisfy { $0 <= 1 })
        return .ceil
    }
}

extension NodeReader {
    /// Numbers of an attribute as an operand.
    fileprivate func constant(_ part: String, _ elements: [Float]) -> DecodedNode.Operand {
        let name = result?.name ?? ""
        return .constant(
            Value(
                name: "\(name)/\(part)", type: .float32, shape: Shape([elements.count]), constant: TensorData(elements))
        )
    }
}
