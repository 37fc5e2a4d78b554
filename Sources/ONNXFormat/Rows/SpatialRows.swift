import ModelGraph
import Operators

extension OperatorTable {
    /// Resampling, regions, and sums of products over named axes.
    static let spatialRows: [OperatorRow] = [
        localResponse, gridSample, affineGrid, roiAlign, maxRoiPool, deformableConvolution, einsum, determinant,
        causalConvolution,
    ]

    private static let localResponse = OperatorRow(
        type: "LRN",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            guard let size = try node.int("size"), size > 0 else { throw Misfit() }
            return DecodedNode(
                operation: LocalResponseNormalization(
                    size: size, alpha: try node.float("alpha") ?? 1e-4, dividesBySize: true,
                    beta: try node.float("beta") ?? 0.75, bias: try node.float("bias") ?? 1, layout: .channelsFirst),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(LocalResponseNormalization.self)
            try encoder.requireReal()
            try encoder.require(norm.dividesBySize && norm.layout == .channelsFirst)
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: [
                    "size": .int(norm.size), "alpha": .float(norm.alpha), "beta": .float(norm.beta),
                    "bias": .float(norm.bias),
                ])
        })

    private static let gridSample = OperatorRow(
        type: "GridSample",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            let mode = try node.string("mode") ?? "linear"
            let modes: [String: GridSample.Mode] = [
                "nearest": .nearest, "linear": .linear, "bilinear": .linear, "cubic": .cubic, "bicubic": .cubic,
            ]
            guard let mode = modes[mode],
                let border = GridSample.Border(rawValue: try node.string("padding_mode") ?? "zeros")
            else { throw Misfit() }
            return DecodedNode(
                operation: GridSample(mode, border: border, alignsCorners: try node.int("align_corners") ?? 0 != 0),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let sample = try encoder.operation(GridSample.self)
            try encoder.requireReal()
            // The modes had the names of two axes at first.
            let mode =
                encoder.version >= 20 || sample.mode == .nearest ? sample.mode.rawValue : "bi\(sample.mode.rawValue)"
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: [
                    "mode": .string(mode), "padding_mode": .string(sample.border.rawValue),
                    "align_corners": .int(sample.alignsCorners ? 1 : 0),
                ])
        })

    private static let affineGrid = OperatorRow(
        type: "AffineGrid",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(
                operation: AffineGrid(alignsCorners: try node.int("align_corners") ?? 0 != 0),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let grid = try encoder.operation(AffineGrid.self)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["align_corners": .int(grid.alignsCorners ? 1 : 0)])
        })

    private static let roiAlign = OperatorRow(
        type: "RoiAlign",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            let mode = try node.string("mode") ?? "avg"
            // Until operator set 16 elements lay at their corners.
            let coordinates = try node.string("coordinate_transformation_mode")
            let isHalf = coordinates.map { $0 == "half_pixel" } ?? (node.version >= 16)
            guard mode == "avg" || mode == "max",
                ["half_pixel", "output_half_pixel"].contains(coordinates ?? "half_pixel")
            else { throw Misfit() }
            return DecodedNode(
                operation: RoiAlign(
                    isMax: mode == "max", rows: try node.int("output_height") ?? 1,
                    columns: try node.int("output_width") ?? 1, samplingRatio: try node.int("sampling_ratio") ?? 0,
                    scale: try node.float("spatial_scale") ?? 1, usesHalfPixelCenters: isHalf),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let align = try encoder.operation(RoiAlign.self)
            try encoder.requireReal()
            var attributes: [String: EncodedNode.Attribute] = [
                "mode": .string(align.isMax ? "max" : "avg"), "output_height": .int(align.rows),
                "output_width": .int(align.columns), "sampling_ratio": .int(align.samplingRatio),
                "spatial_scale": .float(align.scale),
            ]
            try encoder.require(encoder.version >= 16 || !align.usesHalfPixelCenters)
            if encoder.version >= 16 {
                attributes["coordinate_transformation_mode"] = .string(
                    align.usesHalfPixelCenters ? "half_pixel" : "output_half_pixel")
            }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let maxRoiPool = OperatorRow(
        type: "MaxRoiPool",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            guard let extents = try node.ints("pooled_shape"), extents.count == 2 else { throw Misfit() }
            return DecodedNode(
                operation: MaxRoiPool(
                    rows: extents[0], columns: extents[1], scale: try node.float("spatial_scale") ?? 1),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let pool = try encoder.operation(MaxRoiPool.self)
            try encoder.requireReal()
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: ["pooled_shape": .ints([pool.rows, pool.columns]), "spatial_scale": .float(pool.scale)])
        })

    private static let deformableConvolution = OperatorRow(
        type: "DeformConv",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...5)
            let window = try SpatialAttributes(&node, rankOfWindow: 2)
            return DecodedNode(
                operation: DeformableConvolution(
                    strides: window.strides, dilations: window.dilations, padding: window.padding,
                    groups: try node.int("group") ?? 1, offsetGroups: try node.int("offset_group") ?? 1),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let convolution = try encoder.operation(DeformableConvolution.self)
            try encoder.requireReal()
            var attributes = SpatialAttributes.encode(
                kernel: encoder.value(1)?.shape?.sizes.map { Array($0.dropFirst(2)) }, strides: convolution.strides,
                padding: convolution.padding)
            attributes["dilations"] = .ints(convolution.dilations)
            attributes["group"] = .int(convolution.groups)
            attributes["offset_group"] = .int(convolution.offsetGroups)
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let einsum = OperatorRow(
        type: "Einsum",
        decode: { node throws(Misfit) in
            guard !node.inputs.isEmpty else { throw Misfit() }
            try node.requireInputs(node.inputs.count...node.inputs.count)
            guard let equation = try node.string("equation") else { throw Misfit() }
            return DecodedNode(operation: Einsum(equation), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let einsum = try encoder.operation(Einsum.self)
            try encoder.requireReal()
            return EncodedNode(inputs: encoder.inputs, attributes: ["equation": .string(einsum.equation)])
        })

    private static let determinant = OperatorRow(
        type: "Det",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(operation: Determinant(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Determinant.self)
            try encoder.requireReal()
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let causalConvolution = OperatorRow(
        type: "CausalConvWithState",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...4, results: 2)
            let activation = try node.string("activation") ?? "none"
            guard node.outputs.count == 2, ["none", "silu", "swish"].contains(activation) else { throw Misfit() }
            return DecodedNode(operation: CausalConvolution(isSwish: activation != "none"), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let convolution = try encoder.operation(CausalConvolution.self)
            try encoder.requireReal()
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["activation": .string(convolution.isSwish ? "silu" : "none")])
        })
}
