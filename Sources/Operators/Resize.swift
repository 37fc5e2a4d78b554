import ModelGraph

/// Resizes along any axes, as ONNX's Resize and Upsample do.
///
/// Operands: x, the regions of `cropAndResize` [2 · axes], and either the scales [axes] or the sizes [axes]. An operand of
/// no elements is one that is left out.
package struct Resize: Operation, Equatable {
    package enum Mode: String, Sendable { case nearest, linear, cubic }

    /// Where an element of the result lies in x.
    package enum Coordinates: String, Sendable {
        case halfPixel = "half_pixel"
        case halfPixelSymmetric = "half_pixel_symmetric"
        case pytorchHalfPixel = "pytorch_half_pixel"
        case alignCorners = "align_corners"
        case asymmetric
        case cropAndResize = "tf_crop_and_resize"
        case nearestHalfPixel = "tf_half_pixel_for_nn"
    }

    /// Which of two neighbours is the nearest.
    package enum Rounding: String, Sendable {
        case preferFloor = "round_prefer_floor"
        case preferCeil = "round_prefer_ceil"
        case floor, ceil
        /// The one before where the axis grows, the one behind where it shrinks: the rule before operator set 11.
        case bySize
    }

    package enum AspectPolicy: String, Sendable {
        case stretch
        case notLarger = "not_larger"
        case notSmaller = "not_smaller"
    }

    package var mode: Mode
    package var coordinates: Coordinates
    package var rounding: Rounding
    package var cubicCoefficient: Float
    package var excludesOutside: Bool
    package var extrapolation: Float
    package var antialiases: Bool
    /// nil for all axes.
    package var axes: [Int]?
    package var aspect: AspectPolicy

    package init(
        _ mode: Mode, coordinates: Coordinates = .halfPixel, rounding: Rounding = .preferFloor,
        cubicCoefficient: Float = -0.75, excludesOutside: Bool = false, extrapolation: Float = 0,
        antialiases: Bool = false, axes: [Int]? = nil, aspect: AspectPolicy = .stretch
    ) {
        self.mode = mode
        self.coordinates = coordinates
        self.rounding = rounding
        self.cubicCoefficient = cubicCoefficient
        self.excludesOutside = excludesOutside
        self.extrapolation = extrapolation
        self.antialiases = antialiases
        self.axes = axes
        self.aspect = aspect
    }

    package var name: String { "Resize" }

    /// How one axis is resized.
    package struct Axis: Sendable, Equatable {
        package var input: Int
        package var output: Int
        package var scale: Float
        /// The region, as parts of the axis.
        package var region: (start: Float, end: Float) = (0, 1)

        package static func == (a: Axis, b: Axis) -> Bool {
            a.input == b.input && a.output == b.output && a.scale == b.scale && a.region == b.region
        }
    }

    /// Every axis of x.
    ///
    /// - Parameters:
    ///   - x: its extents.
    ///   - regions: starts and ends of the resized axes; nil for all of each.
    ///   - scales: those of the resized axes.
    ///   - sizes: the extents of the resized axes, which count if there are no scales.
    /// - Throws: `GraphError` if they do not fit each other.
    package func plan(x: [Int], regions: [Float]?, scales: [Float]?, sizes: [Int]?) throws(GraphError) -> [Axis] {
        var resized: [Int] = []
        for axis in axes ?? Array(x.indices) { resized.append(try Operands.axis(axis, rank: x.count)) }
        guard Set(resized).count == resized.count, x.allSatisfy({ $0 > 0 }) else {
            throw GraphError(.invalidAttribute, "resizing an input of shape \(Shape(x)) along \(resized)")
        }
        var plan = x.map { Axis(input: $0, output: $0, scale: 1) }
        if let scales {
            guard scales.count == resized.count else {
                throw GraphError(.invalidShape, "\(scales.count) scales for \(resized.count) axes")
            }
            for (scale, axis) in zip(scales, resized) {
                let extent = (Float(x[axis]) * scale).rounded(.down)
                guard scale.isFinite, extent >= 1, extent < 0x1p31 else {
                    throw GraphError(.invalidShape, "a scale of \(scale) for \(x[axis]) elements")
                }
                plan[axis].scale = scale
                plan[axis].output = Int(extent)
            }
        } else if let sizes {
            guard sizes.count == resized.count, sizes.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
                throw GraphError(.invalidShape, "sizes \(sizes) for \(resized.count) axes")
            }
            let ratios = zip(sizes, resized).map { Float($0) / Float(x[$1]) }
            let common = aspect == .notLarger ? ratios.min() : aspect == .notSmaller ? ratios.max() : nil
            for (index, axis) in resized.enumerated() {
                plan[axis].scale = common ?? ratios[index]
                plan[axis].output = sizes[index]
                guard let common else { continue }
                let extent = (common * Float(x[axis]) + 0.5).rounded(.down)
                guard extent >= 1, extent < 0x1p31 else {
                    throw GraphError(.invalidShape, "a scale of \(common) for \(x[axis]) elements")
                }
                plan[axis].output = Int(extent)
            }
        } else {
            throw GraphError(.invalidAttribute, "neither scales nor sizes")
        }
        guard let regions, coordinates == .cropAndResize else { return plan }
        guard regions.count == 2 * resized.count else {
            throw GraphError(.invalidShape, "\(regions.count) ends of regions for \(resized.count) axes")
        }
        for (index, axis) in resized.enumerated() {
            plan[axis].region = (regions[index], regions[resized.count + index])
        }
        return plan
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 4)
        guard let x = try operands.sizes(0) else { return nil }
        var (scales, sizes): ([Float]?, [Int]?)
        if let operand = operands.optional(2), operand.shape?.elementCount != 0 {
            guard operand.type == .float32 else {
                throw GraphError(.typeMismatch, "scales of type \(operand.type)")
            }
            guard let constant = operand.constant else { return nil }
            scales = constant.elements(as: Float.self)
        } else if let operand = operands.optional(3), operand.shape?.elementCount != 0 {
            guard let values = try operands.integers(3) else { return nil }
            sizes = values
        }
        let plan = try plan(x: x, regions: nil, scales: scales, sizes: sizes)
        return try Operands.result(try operands.required(0).type, plan.map(\.output))
    }
}
