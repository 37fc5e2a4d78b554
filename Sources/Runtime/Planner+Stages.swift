import ModelGraph
import Operators

/// What is planned now, what is left to a later stage, and what stands between them.
extension Planner {
    /// Takes no memory for what only later stages read.
    mutating func dropUnread() {
        for id in fed where !isRead.contains(id.index) {
            if let buffer = bufferOf[id.index] { buffers[buffer].byteCount = 0 }
        }
        fed.removeAll { !isRead.contains($0.index) }
    }

    /// Gives tensors that keep their content from run to run memory that nothing else uses.
    mutating func placeVariables() throws(RuntimeError) {
        for id in order {
            for value in graph.reads(of: id) where tensors[value.index] == nil && graph[value].isState {
                let tensor = try declaredTensor(value)
                tensors[value.index] = tensor
                buffers.append(ArenaBuffer(byteCount: tensor.byteCount, first: -1, last: .max))
                bufferOf[value.index] = buffers.count - 1
                variables.append(value)
            }
        }
    }

    mutating func feed(_ tensor: Tensor, isGiven: Bool) throws(RuntimeError) {
        tensors[tensor.id.index] = tensor
        guard !isGiven else { return }
        fed.append(tensor.id)
        if tensor.constant == nil { addBuffer(for: tensor, at: -1) }
    }

    mutating func take(_ id: ValueID, _ value: KnownValue) throws(RuntimeError) {
        guard case .tensor(let type, let sizes, let constant) = value else {
            isOther.insert(id.index)
            return
        }
        try feed(
            try makeTensor(id, type: type, sizes: sizes, constant: constant), isGiven: constant != nil)
    }

    mutating func planOrDefer(_ id: NodeID, step: Int) throws(RuntimeError) {
        let node = graph[id]
        if graph.reads(of: id).contains(where: { isDeferred[$0.index] }) || (deferred.holdsState && node.touchesState) {
            return try keep(id, step: step)
        }
        let hosted = (node.operation as? OpaqueOperation)?.hosted
        if hosted != nil || graph.reads(of: id).contains(where: { isOther.contains($0.index) }) {
            guard hosted != nil || node.operation is Identity else {
                throw RuntimeError(
                    .invalidModel, "\(node.operation.name) reads what is no tensor", at: graph.describe(id))
            }
            return try keep(id, because: [], step: step)
        }
        demands.operands = []
        do throws(RuntimeError) {
            try plan(id, step: step)
            for value in graph.reads(of: id) { isRead.insert(value.index) }
        } catch {
            guard error.code == .computedOperand else { throw error }
            try keep(id, because: demands.operands, step: step)
        }
    }

    /// Leaves a node to a later stage.
    mutating func keep(_ id: NodeID, because operands: Set<Int>? = nil, step: Int) throws(RuntimeError) {
        let node = graph[id]
        deferred.nodes.append(id)
        // Nodes that nothing but their kind keeps run in their order.
        if node.touchesState, operands == nil { deferred.holdsState = true }
        if let operands { deferred.roots.append(Deferred.Root(node: id, operands: operands)) }
        for output in node.outputs { isDeferred[output.index] = true }
        // What it reads has to last to the end of the stage.
        for value in graph.reads(of: id) {
            try makePostponed(value, step: step)
            if let buffer = bufferOf[value.index] { buffers[buffer].last = .max }
        }
    }
}
