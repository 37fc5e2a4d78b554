import ModelGraph

/// What becomes of a planned graph.
extension Planner {
    /// - Precondition: the buffers are placed.
    /// - Parameter valueCount: how many values the file's graph has, of which alone a run tells.
    mutating func plannedSteps(valueCount: Int) throws(RuntimeError) -> [PlannedStep] {
        var steps: [PlannedStep] = []
        for node in lowered {
            var calls: [PlannedCall] = []
            for call in node.calls {
                var operands: [Location?] = []
                for operand in call.operands {
                    switch operand {
                    case .none: operands.append(nil)
                    case .scratch(let index): operands.append(.arena(buffers[node.scratch[index]].offset))
                    case .constant(let memory): operands.append(.constant(UnsafeRawPointerBox(pointer: memory)))
                    case .status: operands.append(.status)
                    case .value(let id): operands.append(location(of: id))
                    }
                }
                calls.append(
                    PlannedCall(
                        function: call.function, parameters: call.parameters, operands: operands, units: call.units,
                        cost: call.cost))
            }
            var info = node.info
            info.outputs.removeAll { $0.index >= valueCount }
            steps.append(PlannedStep(info: info, calls: calls))
        }
        return steps
    }

    func location(of id: ValueID) -> Location? {
        if let buffer = bufferOf[id.index] { return .arena(buffers[buffer].offset) }
        return constantMemory[id.index].map { .constant(UnsafeRawPointerBox(pointer: $0)) }
    }

    /// Where each value is that can be read when a run is over: results, constants that kernels read as they are, and
    /// with `keepsAllValues` everything.
    mutating func locations() throws(RuntimeError) -> [Location?] {
        for output in graph.outputs where tensors[output.index] != nil { try materialize(output) }
        return tensors.indices.map { index in tensors[index] == nil ? nil : location(of: ValueID(index: index)) }
    }
}
