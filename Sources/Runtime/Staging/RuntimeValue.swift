import ModelGraph

/// A tensor between two stages.
struct RuntimeTensor: Sendable {
    var type: ElementType
    var sizes: [Int]
    /// The elements, in the order of the model's axes.
    var data: TensorData
    /// Whether the content was known while planning, so that plans may rest on it.
    var isKnown = false
    /// What the tensor takes of the session's memory, where a sequence or variable holds it.
    var charge: MemoryCharge?

    var count: Int { sizes.reduce(1, *) }
}

/// A value between two stages.
indirect enum RuntimeValue: Sendable {
    case tensor(RuntimeTensor)
    case sequence([RuntimeTensor])
    case optional(RuntimeValue?)
    /// The variable of this name.
    case variable(String)

    var known: KnownValue {
        guard case .tensor(let tensor) = self else { return .other }
        return .tensor(tensor.type, tensor.sizes, tensor.isKnown ? tensor.data : nil)
    }

    /// The same value as one that only running tells.
    var unknown: RuntimeValue {
        guard case .tensor(var tensor) = self else { return self }
        tensor.isKnown = false
        return .tensor(tensor)
    }

    /// What a plan depends on.
    var signature: Signature {
        guard case .tensor(let tensor) = self else { return Signature(type: .variant, sizes: [], constant: nil) }
        return Signature(
            type: tensor.type, sizes: tensor.sizes, constant: tensor.isKnown ? tensor.data.identity : nil)
    }

    struct Signature: Hashable, Sendable {
        var type: ElementType
        var sizes: [Int]
        var constant: TensorData.Identity?
    }
}
