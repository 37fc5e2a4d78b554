import ModelGraph
import Operators

extension HostedRun {
    /// More iterations than this are taken for a loop that never ends.
    static let iterationLimit = 10_000_000

    private func tooLong() -> RuntimeError {
        RuntimeError(
            .invalidModel, "the loop does not end within \(Self.iterationLimit) iterations", at: location)
    }

    private func requireCount(_ values: [RuntimeValue], _ least: Int) throws(RuntimeError) {
        guard values.count >= least else {
            throw RuntimeError(
                .invalidModel, "the graph has \(values.count) results, and \(least) are needed", at: location)
        }
    }

    func results(of operation: While) throws -> [RuntimeValue] {
        var values = try operands().map(\.unknown)
        for _ in 0..<Self.iterationLimit {
            guard let condition = try run(operation.condition, 0, values).first else {
                throw RuntimeError(.invalidModel, "the condition has no result", at: location)
            }
            guard try truth(condition) else { return values }
            let next = try run(operation.body, 1, values)
            guard next.count == values.count else {
                throw RuntimeError(
                    .invalidModel, "the body has \(next.count) results, not \(values.count)", at: location)
            }
            values = next
        }
        throw tooLong()
    }

    func results(of operation: Loop) throws -> [RuntimeValue] {
        var trips: Int?
        if let count = inputs.first ?? nil {
            guard let value = try tensor(count).integers(at: location).first else {
                throw RuntimeError(.invalidModel, "the trip count is empty", at: location)
            }
            trips = value
        }
        var condition = true
        if inputs.count > 1, let given = inputs[1] { condition = try truth(given) }
        var carried = try operands(from: 2).map(\.unknown)
        var stacked = Stacks(operation.body, first: 1 + carried.count, results: outputCount - carried.count, location)
        var iteration = 0
        while condition, trips.map({ iteration < $0 }) ?? true {
            guard iteration < Self.iterationLimit else { throw tooLong() }
            let number = RuntimeValue.tensor(.scalar(Int64(iteration), .int64))
            let made = try run(operation.body, 0, [number, .tensor(.scalar(true, .bool))] + carried)
            try requireCount(made, 1 + carried.count + stacked.count)
            condition = try truth(made[0])
            carried = Array(made[1..<1 + carried.count])
            for index in 0..<stacked.count {
                try stacked.append(try tensor(made[1 + carried.count + index]), to: index)
            }
            iteration += 1
        }
        return carried + (try stacked.results(axes: [], directions: []))
    }

    private var outputCount: Int { program.graph[node].outputs.count }

    func results(of operation: Scan) throws -> [RuntimeValue] {
        guard (1...max(1, inputs.count)).contains(operation.scanInputCount) else {
            throw RuntimeError(
                .invalidModel, "\(inputs.count) operands, \(operation.scanInputCount) of them to be cut", at: location)
        }
        guard operation.isBatched else { return try scan(operation, try operands()) }
        let values = try operands(from: 1).map { (value) throws(RuntimeError) in try tensor(value) }
        guard let batch = values.first?.sizes.first, values.allSatisfy({ $0.sizes.first == batch }), batch > 0 else {
            throw RuntimeError(.invalidModel, "the operands have no batch in common", at: location)
        }
        guard operation.scanInputCount <= values.count, batch <= Self.iterationLimit else { throw tooLong() }
        var lengths: [Int]?
        if let given = inputs.first ?? nil { lengths = try tensor(given).integers(at: location) }
        guard lengths.map({ $0.count == batch }) ?? true else {
            throw RuntimeError(.invalidModel, "there is not one length for each sequence", at: location)
        }
        var results: [[RuntimeTensor]] = []
        for index in 0..<batch {
            var parts: [RuntimeValue] = []
            for (place, value) in values.enumerated() {
                var part = try value.slice(axis: 0, index..<index + 1, dropsAxis: true, at: location)
                if place >= values.count - operation.scanInputCount, let length = lengths?[index] {
                    guard let extent = part.sizes.first, (1...max(1, extent)).contains(length) else {
                        throw RuntimeError(.invalidModel, "a sequence of length \(length)", at: location)
                    }
                    part = try part.slice(axis: 0, 0..<length, dropsAxis: false, at: location)
                }
                parts.append(.tensor(part))
            }
            let made = try scan(operation, parts).map { (value) throws(RuntimeError) in try tensor(value) }
            if results.isEmpty { results = made.map { _ in [] } }
            for (place, tensor) in made.enumerated() { results[place].append(tensor) }
        }
        let stateCount = values.count - operation.scanInputCount
        return try results.enumerated().map { place, parts in
            let longest = parts.compactMap(\.sizes.first).max() ?? 0
            let padded =
                try place < stateCount
                ? parts : parts.map { (part) throws(RuntimeError) in try part.padded(to: longest, at: location) }
            return .tensor(try RuntimeTensor.join(padded, axis: 0, addsAxis: true, at: location))
        }
    }

    private func scan(_ operation: Scan, _ values: [RuntimeValue]) throws -> [RuntimeValue] {
        let stateCount = values.count - operation.scanInputCount
        guard operation.scanInputCount > 0, stateCount >= 0 else {
            throw RuntimeError(
                .invalidModel, "\(values.count) operands, \(operation.scanInputCount) of them to be cut", at: location)
        }
        var states = values[..<stateCount].map(\.unknown)
        var scanned: [(tensor: RuntimeTensor, axis: Int)] = []
        for (index, value) in values[stateCount...].enumerated() {
            let tensor = try tensor(value)
            let given = operation.inputAxes.indices.contains(index) ? operation.inputAxes[index] : 0
            let axis = given < 0 ? given + tensor.sizes.count : given
            guard tensor.sizes.indices.contains(axis) else {
                throw RuntimeError(
                    .invalidModel, "axis \(given) of a tensor of rank \(tensor.sizes.count)", at: location)
            }
            scanned.append((tensor, axis))
        }
        let length = scanned[0].tensor.sizes[scanned[0].axis]
        guard scanned.allSatisfy({ $0.tensor.sizes[$0.axis] == length }) else {
            throw RuntimeError(.invalidModel, "the operands to be cut differ in length", at: location)
        }
        guard length <= Self.iterationLimit else { throw tooLong() }
        var stacked = Stacks(operation.body, first: stateCount, results: outputCount - stateCount, location)
        for step in 0..<length {
            var operands = states
            for (index, (tensor, axis)) in scanned.enumerated() {
                let isReversed =
                    operation.inputDirections.indices.contains(index) && operation.inputDirections[index] == 1
                let place = isReversed ? length - 1 - step : step
                operands.append(
                    .tensor(try tensor.slice(axis: axis, place..<place + 1, dropsAxis: true, at: location)))
            }
            let made = try run(operation.body, 0, operands)
            try requireCount(made, stateCount + stacked.count)
            states = Array(made[..<stateCount])
            for index in 0..<stacked.count { try stacked.append(try tensor(made[stateCount + index]), to: index) }
        }
        return states + (try stacked.results(axes: operation.outputAxes, directions: operation.outputDirections))
    }
}

/// What a loop's body gives in each iteration, to be stacked in the end.
private struct Stacks {
    private var parts: [[RuntimeTensor]]
    private var byteCount = 0
    /// What the body declares of its results, for loops that never run.
    private let declared: [Value?]
    private let location: String

    var count: Int { parts.count }

    init(_ body: GraphReference, first: Int, results: Int, _ location: String) {
        parts = Array(repeating: [], count: max(0, results))
        self.location = location
        guard case .body(let graph, _) = body else {
            declared = parts.map { _ in nil }
            return
        }
        declared = parts.indices.map { index in
            graph.outputs.indices.contains(first + index) ? graph[graph.outputs[first + index]] : nil
        }
    }

    mutating func append(_ tensor: RuntimeTensor, to index: Int) throws(RuntimeError) {
        byteCount += tensor.data.byteCount
        guard byteCount <= MemoryLimit.byteCount else {
            throw RuntimeError(.outOfMemory, "the loop's results take more memory than there is", at: location)
        }
        parts[index].append(tensor)
    }

    func results(axes: [Int], directions: [Int]) throws(RuntimeError) -> [RuntimeValue] {
        var results: [RuntimeValue] = []
        for (index, tensors) in parts.enumerated() {
            let axis = axes.indices.contains(index) ? axes[index] : 0
            guard !tensors.isEmpty else {
                results.append(.tensor(try empty(index)))
                continue
            }
            let isReversed = directions.indices.contains(index) && directions[index] == 1
            results.append(
                .tensor(
                    try RuntimeTensor.join(
                        isReversed ? tensors.reversed() : tensors, axis: axis, addsAxis: true, at: location)))
        }
        return results
    }

    /// The result of no iteration: extents that nothing tells are 0.
    private func empty(_ index: Int) throws(RuntimeError) -> RuntimeTensor {
        guard let value = declared[index], value.type.bitWidth != nil else {
            throw RuntimeError(.unknownShape, "the loop does not run, and nothing tells its results", at: location)
        }
        let sizes = value.shape?.dimensions.map { $0.size ?? 0 } ?? []
        guard Shape.isCountable(sizes) else {
            throw RuntimeError(.outOfMemory, "the shape \(Shape(sizes)) is too large", at: location)
        }
        return RuntimeTensor(type: value.type, sizes: [0] + sizes, data: TensorData(bytes: []))
    }
}

extension RuntimeTensor {
    /// The tensor with zeros behind its first axis.
    fileprivate func padded(to length: Int, at location: String) throws(RuntimeError) -> RuntimeTensor {
        guard let extent = sizes.first, extent > 0, extent < length else { return self }
        var result = self
        result.sizes[0] = length
        guard Shape.isCountable(result.sizes), let count = Shape.elementCount(result.sizes),
            let bytes = type.byteCount(of: count), bytes <= MemoryLimit.byteCount
        else {
            throw RuntimeError(.outOfMemory, "the tensor of shape \(Shape(result.sizes)) is too large", at: location)
        }
        let missing = data.byteCount / extent * (length - extent)
        result.data = TensorData(bytes: data.elements(as: UInt8.self) + Array(repeating: 0, count: missing))
        return result
    }
}
