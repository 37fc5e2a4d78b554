import ModelGraph
import Operators

/// What a node's version and attributes may depend on besides its options.
struct OperandFacts {
    var inputs: [Value?]
    var outputs: [Value]
    var intermediates: [Value] = []

    func inputType(_ index: Int) -> ElementType? { inputs.indices.contains(index) ? inputs[index]?.type : nil }
    func outputType(_ index: Int) -> ElementType? { outputs.indices.contains(index) ? outputs[index].type : nil }
    func inputShape(_ index: Int) -> Shape? { inputs.indices.contains(index) ? inputs[index]?.shape : nil }
    func inputRank(_ index: Int) -> Int { inputShape(index)?.rank ?? 0 }
    var largestInputRank: Int { inputs.map { $0?.shape?.rank ?? 0 }.max() ?? 0 }

    /// Whether operand `index` has a scale for each channel.
    func isPerChannel(_ index: Int) -> Bool {
        guard inputs.indices.contains(index), let quantization = inputs[index]?.quantization else { return false }
        return quantization.scales.count > 1
    }
}

/// One row: how a builtin operator is decoded and encoded, and which version of it a node needs.
///
/// To add an operator, add a row to the family that it belongs to.
struct TFLiteOperator: Sendable {
    /// The builtin operator's name, such as `CONV_2D`.
    let builtin: String
    /// The type of its options; nil if it has none.
    let options: String?
    let operation: ObjectIdentifier
    /// The operation; nil if the options ask for something that the operation cannot say, and the node stays opaque.
    let decode: @Sendable (FlatTable, OperandFacts) -> (any Operation)?
    /// Sets the options' fields; false if this operator cannot say what the operation asks for.
    let encode: @Sendable (any Operation, OperandFacts, inout TableDraft) -> Bool
    /// The first version of the operator that knows this operation on these operands.
    let version: @Sendable (any Operation, OperandFacts) -> Int

    init<Kind: Operation>(
        _ builtin: String, _ options: String?, _ kind: Kind.Type,
        decode: @escaping @Sendable (FlatTable, OperandFacts) -> Kind?,
        encode: @escaping @Sendable (Kind, OperandFacts, inout TableDraft) -> Bool,
        version: @escaping @Sendable (Kind, OperandFacts) -> Int = { _, _ in 1 }
    ) {
        self.builtin = builtin
        self.options = options
        operation = ObjectIdentifier(Kind.self)
        self.decode = { table, facts in decode(table, facts) }
        self.encode = { operation, facts, draft in
            guard let operation = operation as? Kind else { return false }
            return encode(operation, facts, &draft)
        }
        self.version = { operation, facts in (operation as? Kind).map { version($0, facts) } ?? 1 }
    }
}

/// All rows.
enum TFLiteOperators {
    static let rows: [TFLiteOperator] =
        linear + elementwise + activations + pooling + reductions + dataMovement + conversions
        + indexing + arrangement
        + spatial
        + casts
        + sequences
        + math

    static let byBuiltin = Dictionary(uniqueKeysWithValues: rows.map { ($0.builtin, $0) })

    /// The rows that may encode an operation, in the order in which they are tried.
    static func rows(for operation: any Operation) -> [TFLiteOperator] {
        let kind = ObjectIdentifier(type(of: operation))
        return rows.filter { $0.operation == kind }
    }
}

extension FlatTable {
    /// `padding`; nil for a value that we do not know.
    var padding: Padding? {
        switch integer("padding") {
        case 0: .same
        case 1: .valid
        default: nil
        }
    }

    /// `fused_activation_function`; nil for a value that we do not know.
    var activation: Activation? {
        let code = integer("fused_activation_function")
        return Activation.tfliteOrder.indices.contains(code) ? Activation.tfliteOrder[code] : nil
    }

    /// Two fields that have to be positive.
    func positives(_ first: String, _ second: String) -> [Int]? {
        let values = [integer(first), integer(second)]
        return values.allSatisfy { $0 > 0 } ? values : nil
    }
}

extension TableDraft {
    /// - Returns: whether the padding can be said.
    mutating func set(_ padding: Padding) -> Bool {
        switch padding {
        case .same: set("padding", 0)
        case .sameLower: return false
        case .valid: set("padding", 1)
        case .explicit(let amounts):
            guard amounts.allSatisfy({ $0.before == 0 && $0.after == 0 }) else { return false }
            set("padding", 1)
        }
        return true
    }

    mutating func set(_ activation: Activation) {
        set("fused_activation_function", Activation.tfliteOrder.firstIndex(of: activation) ?? 0)
    }

    mutating func set(_ first: String, _ second: String, _ values: [Int]) -> Bool {
        guard values.count == 2, values.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else { return false }
        set(first, values[0])
        set(second, values[1])
        return true
    }
}

extension Activation {
    /// By the format's numbers.
    static let tfliteOrder: [Activation] = [.none, .relu, .reluN1To1, .relu6, .tanh, .signBit]
}
