import ModelGraph
import Operators
import Optimization
import Runtime

/// A model with its plan, if our core can run it.
struct RunnableModel {
    let model: Model
    let plan: Plan?
    /// Why it cannot be run.
    let obstacle: String?
    /// Whether the model was not made ready to run, because it is large and nothing is to be run.
    let isLeftOut: Bool

    /// Planning takes a second copy of the weights; up to so many bytes of them it is done for its figures alone, and to be
    /// sure that the result can be run.
    static let freeByteCount = 256 << 20

    /// - Parameters:
    ///   - isNeeded: whether the model's outputs are. Otherwise it is planned for its figures, and to be sure that it can be
    ///     run.
    ///   - isRecorded: whether somebody else runs it and keeps its outputs.
    ///   - threads: what weights are packed by.
    init(_ file: ModelFile, isNeeded: Bool, isRecorded: Bool = false, threads: ThreadPool? = nil) {
        model = file.model
        isLeftOut = !isNeeded && file.byteCount > Self.freeByteCount
        guard !isLeftOut else {
            plan = nil
            obstacle = nil
            return
        }
        var options = PlanOptions(for: file.runnable)
        // Layers are compared one by one.
        options.joinsOperators = false
        options.isForFigures = !isNeeded || isRecorded
        do throws(RuntimeError) {
            plan = try Plan(file.runnable, options: options, pool: threads)
            obstacle = nil
        } catch {
            plan = nil
            obstacle = error.description
        }
    }
}

extension Graph {
    /// Whether any operator's weights, or the results of any operator, are quantized integers.
    var holdsIntegers: Bool {
        order.contains(where: isInteger) || !LinearGroup.withIntegerWeights(in: self).isEmpty
    }

    /// Whether there are integer operators, and no layer has real weights.
    var isQuantized: Bool {
        let connections = GraphConnections(self)
        return order.contains(where: isInteger)
            && !LinearGroup.all(in: self, connections: connections).contains {
                $0.hasRealWeights(in: self, connections: connections)
            }
    }

    private func isInteger(_ id: NodeID) -> Bool {
        !(self[id].operation is Operators.Quantize)
            && self[id].outputs.contains { self[$0].type.isInteger && self[$0].quantization != nil }
    }

    /// Whether any operator computes in floating point; conversions do not count.
    var holdsRealOperators: Bool { order.contains(where: isReal) }

    /// The names of the operators that are not known and cannot be run, each once, in running order.
    var unknownOperators: [String] {
        var names: [String] = []
        for id in order {
            guard let operation = self[id].operation as? OpaqueOperation, operation.hosted == nil,
                !names.contains(operation.name)
            else { continue }
            names.append(operation.name)
        }
        return names
    }

    /// The type of the first tensor that is computed in floating point, if none is computed in float32.
    var otherRealType: ElementType? {
        let types = order.filter(isReal).flatMap { self[$0].outputs }.map { self[$0].type }.filter(\.isFloatingPoint)
        return types.contains(.float32) ? nil : types.first
    }

    private func isReal(_ id: NodeID) -> Bool {
        let node = self[id]
        if node.operation is Operators.Quantize || node.operation is Operators.Dequantize { return false }
        return (node.outputs + node.inputs.compactMap(\.self)).contains { value in
            self[value].type.isFloatingPoint && self[value].constant == nil
        }
    }
}
