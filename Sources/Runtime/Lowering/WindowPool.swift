import CKernels
import ModelGraph
import Operators

extension Lowering {
    /// A pool over any number of axes, in any order of axes.
    mutating func emitWindowPool(_ pool: Pool, places: ck_places = CK_NO_PLACES) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        let location = location
        let windows = try checked(at: location) { () throws(GraphError) -> [Window] in
            try pool.windows(x: x.sizes)
        }
        try requireSpatialRank(windows.count)
        guard x.type == y.type else { throw unsupportedTypes() }
        var parameters = ck_window_pool()
        parameters.windows = ck_windows(windows)
        parameters.kind = pool.kind.kernelKind
        parameters.places = Int32(bitPattern: places.rawValue)
        parameters.counts_padding = pool.countsPadding ? 1 : 0
        parameters.order = Int64(pool.order)
        let (axes, channelAxis) = (
            pool.layout.spatialAxes(rank: x.sizes.count), pool.layout.channelAxis(rank: x.sizes.count)
        )
        let counted = windows.enumerated().map { axis, window in
            var after = (window.output - 1) * window.stride + (window.kernel - 1) * window.dilation + 1 - window.before
            if case .explicit(let amounts) = pool.padding { after = window.input + amounts[axis].after }
            if pool.padding == .valid { after = window.input }
            return after
        }
        withUnsafeMutableBytes(of: &parameters.counted_end) { $0.fill(counted) }
        parameters.channels = x.sizes[channelAxis]
        (parameters.x_batch, parameters.x_channel) = (x.strides[0], x.strides[channelAxis])
        (parameters.y_batch, parameters.y_channel) = (y.strides[0], y.strides[channelAxis])
        let strides = axes.map { x.strides[$0] }
        withUnsafeMutableBytes(of: &parameters.x_strides) { $0.fill(strides) }
        withUnsafeMutableBytes(of: &parameters.y_strides) { $0.fill(axes.map { y.strides[$0] }) }
        var byPlace = strides
        if pool.countsPlacesByColumn {
            var step = 1
            for (axis, window) in windows.enumerated() {
                byPlace[axis] = step
                step *= window.input
            }
        }
        withUnsafeMutableBytes(of: &parameters.place_strides) { $0.fill(byPlace) }
        if x.type.isInteger {
            // Integers are compared, and have no mean that is the same everywhere.
            guard pool.kind == .max else { throw unsupportedTypes() }
            let range = x.integerRange
            parameters.lowest = Double(range.lowerBound)
            (parameters.minimum, parameters.maximum) = (Double(range.lowerBound), Double(range.upperBound))
            if pool.activation != .none {
                let bounds = try requireSameScale(x, y).bounds(of: pool.activation, in: range, at: location)
                (parameters.minimum, parameters.maximum) = (Double(bounds.lower), Double(bounds.upper))
            }
        } else {
            let bounds = try pool.activation.clampingBounds(at: location)
            parameters.lowest = -Double(Float.greatestFiniteMagnitude)
            (parameters.minimum, parameters.maximum) = (Double(bounds.lower), Double(bounds.upper))
        }
        let units = y.count / max(1, parameters.channels)
        let cost = windows.reduce(parameters.channels) { saturatingProduct($0, min($1.kernel, $1.input)) }
        var operands: [Operand] = [.value(x.id), .value(y.id)]
        if places != CK_NO_PLACES { operands.append(.value(outputs[1].id)) }
        try emit(
            kernel(.windowPool, x.type.rawValue), parameters, operands: operands, units: units,
            cost: saturatingProduct(cost, 4))
    }
}

extension Pool.Kind {
    fileprivate var kernelKind: Int32 {
        let kind =
            switch self {
            case .average: CK_POOL_MEAN
            case .max: CK_POOL_MAX
            case .norm: CK_POOL_NORM
            case .rootMeanSquare: CK_POOL_ROOT_MEAN_SQUARE
            }
        return Int32(bitPattern: kind.rawValue)
    }
}

extension Unpool: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, places, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard places.type == .int64, x.type == y.type else { throw lowering.unsupportedTypes() }
        var parameters = ck_unpool()
        (parameters.x_count, parameters.y_count) = (x.count, y.count)
        var facts = [x.facts, places.facts]
        facts[0].constant = nil
        let inferred = try checked(at: lowering.location) { () throws(GraphError) in
            try inferOutputs(from: facts)?.first?.shape?.sizes
        }
        guard let inferred, inferred.count == y.sizes.count, inferred.count <= Int(CK_MAX_RANK) else {
            throw RuntimeError(
                .unsupportedOperator, "an input of \(x.sizes.count) axes is not supported", at: lowering.location)
        }
        parameters.rank = inferred.count
        withUnsafeMutableBytes(of: &parameters.inferred) { $0.fill(inferred) }
        withUnsafeMutableBytes(of: &parameters.sizes) { $0.fill(y.sizes) }
        try lowering.emit(
            lowering.kernel(.unpool, x.type.rawValue), parameters,
            operands: [.value(x.id), .value(places.id), .value(y.id), .status], units: 1, cost: y.count)
    }
}

extension MaxPoolWithTaps: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        guard try lowering.input(0).type == .float32, lowering.outputs[1].type == .float32 else {
            throw lowering.unsupportedTypes()
        }
        try lowering.emitWindowPool(pool, places: CK_PLACE_IN_WINDOW)
    }
}

extension UnpoolTaps: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, taps, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard x.type == .float32, taps.type == .float32, y.type == .float32 else { throw lowering.unsupportedTypes() }
        let windows = try checked(at: lowering.location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes)
        }
        var parameters = ck_unpool()
        parameters.windows = ck_windows(windows)
        (parameters.x_count, parameters.y_count, parameters.channels) = (x.count, y.count, x.sizes[3])
        try lowering.emit(
            lowering.kernel(.unpool, "windows"), parameters,
            operands: [.value(x.id), .value(taps.id), .value(y.id)], units: x.sizes[0],
            cost: y.count / max(1, x.sizes[0]))
    }
}
