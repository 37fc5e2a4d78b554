import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators on two tensors of one shape, or that broadcast to one.
    static let elementwise: [TFLiteOperator] = [
        binary("ADD", "AddOptions", .add, hasActivation: true) { facts in
            switch facts.inputType(0) {
            case .float16: 6
            case .int16: facts.inputs.first??.quantization == nil ? 5 : 3
            case .int64: 4
            case .int8: 2
            default: 1
            }
        },
        binary("SUB", "SubOptions", .subtract, hasActivation: true) { facts in
            switch facts.inputType(0) {
            case .int16: 5
            case .int64: 4
            case let type: broadcastsWide(facts) ? 3 : type == .int8 ? 2 : 1
            }
        },
        binary("MUL", "MulOptions", .multiply, hasActivation: true) { facts in
            switch facts.inputType(0) {
            case .float16: 8
            case .uint32: 7
            case .int16: facts.inputs.first??.quantization == nil ? 7 : 4
            case .complex64: 6
            case .int64: 5
            case let type: rescalesUp(facts) ? 3 : type == .int8 ? 2 : 1
            }
        },
        binary("DIV", "DivOptions", .divide, hasActivation: true) { broadcastsWide($0) ? 2 : 1 },
        binary("MAXIMUM", "MaximumMinimumOptions", .maximum, version: extremumVersion),
        binary("MINIMUM", "MaximumMinimumOptions", .minimum, version: extremumVersion),
        binary("POW", "PowOptions", .power),
        binary("SQUARED_DIFFERENCE", "SquaredDifferenceOptions", .squaredDifference) {
            $0.inputType(0) == .int8 ? 2 : 1
        },
        binary("FLOOR_DIV", "FloorDivOptions", .floorDivide) { facts in
            switch facts.inputType(0) {
            case .int16, .int8: 3
            case .float32: 2
            default: 1
            }
        },
        binary("FLOOR_MOD", "FloorModOptions", .floorModulo) {
            [.int16, .int8].contains($0.inputType(0)) ? 2 : 1
        },
    ]

    private static func binary(
        _ builtin: String, _ options: String, _ kind: Binary.Kind, hasActivation: Bool = false,
        version: @escaping @Sendable (OperandFacts) -> Int = { _ in 1 }
    ) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, Binary.self,
            decode: { table, _ in
                guard let activation = hasActivation ? table.activation : Activation.none else { return nil }
                return Binary(kind, activation: activation)
            },
            encode: { operation, _, draft in
                guard operation.kind == kind else { return false }
                if hasActivation { draft.set(operation.activation) }
                return hasActivation || operation.activation == .none
            },
            version: { _, facts in version(facts) })
    }

    /// Whether the operands broadcast over more axes than the first kernels could.
    private static func broadcastsWide(_ facts: OperandFacts) -> Bool {
        facts.largestInputRank > 4 && facts.inputShape(0)?.sizes != facts.inputShape(1)?.sizes
    }

    /// Whether the product's multiplier s₁·s₂/s is 1 or more, which the first kernels could not do.
    private static func rescalesUp(_ facts: OperandFacts) -> Bool {
        guard facts.inputs.count == 2, let a = facts.inputs[0]?.quantization?.scales.first,
            let b = facts.inputs[1]?.quantization?.scales.first,
            let c = facts.outputs.first?.quantization?.scales.first,
            a != 0, b != 0, c != 0
        else { return false }
        return a * b / c >= 1
    }

    private static let extremumVersion: @Sendable (OperandFacts) -> Int = { facts in
        switch facts.inputType(0) {
        case .int16: 4
        case let type: broadcastsWide(facts) ? 3 : type == .int8 ? 2 : 1
        }
    }
}
