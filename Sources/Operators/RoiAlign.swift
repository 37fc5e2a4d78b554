import ModelGraph

/// Pools regions of x, which are operands, by sampling each of their cells.
///
/// Operands: x [N, C, H, W], regions [R, 4] (x₁, y₁, x₂, y₂), the images that they are in [R]. Result: [R, C, rows, columns].
package struct RoiAlign: Operation, Equatable {
    package var isMax: Bool
    package var rows: Int
    package var columns: Int
    /// Samples along each side of a cell; 0 for as many as there are elements.
    package var samplingRatio: Int
    package var scale: Float
    /// Whether elements are taken at their centers.
    package var usesHalfPixelCenters: Bool

    package init(
        isMax: Bool, rows: Int, columns: Int, samplingRatio: Int, scale: Float, usesHalfPixelCenters: Bool
    ) {
        self.isMax = isMax
        self.rows = rows
        self.columns = columns
        self.samplingRatio = samplingRatio
        self.scale = scale
        self.usesHalfPixelCenters = usesHalfPixelCenters
    }

    package var name: String { "RoiAlign" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard let x = try operands.sizes(0), let regions = try operands.sizes(1),
            let images = try operands.sizes(2)
        else { return nil }
        guard x.count == 4, x.allSatisfy({ $0 > 0 }), regions.count == 2, regions[1] == 4, images == [regions[0]],
            rows > 0, columns > 0, (0...4096).contains(samplingRatio)
        else {
            throw GraphError(.invalidShape, "regions of shape \(Shape(regions)) for an input of shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, [regions[0], x[1], rows, columns])
    }
}

/// The largest elements of each cell of regions.
///
/// Operands: x [N, C, H, W], regions [R, 5] (image, x₁, y₁, x₂, y₂). Result: [R, C, rows, columns].
package struct MaxRoiPool: Operation, Equatable {
    package var rows: Int
    package var columns: Int
    package var scale: Float

    package init(rows: Int, columns: Int, scale: Float) {
        self.rows = rows
        self.columns = columns
        self.scale = scale
    }

    package var name: String { "MaxRoiPool" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let regions = try operands.sizes(1) else { return nil }
        guard x.count == 4, x.allSatisfy({ $0 > 0 }), regions.count == 2, regions[1] == 5, rows > 0, columns > 0 else {
            throw GraphError(.invalidShape, "regions of shape \(Shape(regions)) for an input of shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, [regions[0], x[1], rows, columns])
    }
}
