import ModelGraph
import Operators

/// The attributes that Conv and the pools share.
struct SpatialAttributes {
    var kernel: [Int]?
    var strides: [Int]
    var dilations: [Int]
    var padding: Padding

    /// - Parameter rankOfWindow: the number of spatial axes, if something but the attributes tells it.
    /// - Throws: `Misfit` if the number of axes is not known, entries are missing or not positive, or the padding is none
    ///   of `Padding`'s.
    init(_ node: inout NodeReader, rankOfWindow: Int?) throws(Misfit) {
        kernel = try node.ints("kernel_shape")
        let strides = try node.ints("strides")
        let dilations = try node.ints("dilations")
        let pads = try node.ints("pads")
        guard
            let rank = rankOfWindow ?? kernel?.count ?? strides?.count ?? dilations?.count
                ?? pads.map({ $0.count / 2 }),
            rank > 0
        else { throw Misfit() }
        self.strides = strides ?? Array(repeating: 1, count: rank)
        self.dilations = dilations ?? Array(repeating: 1, count: rank)
        for entries in [kernel ?? [], self.strides, self.dilations] {
            guard entries.isEmpty || entries.count == rank, entries.allSatisfy({ $0 > 0 }) else { throw Misfit() }
        }
        switch try node.string("auto_pad") ?? "NOTSET" {
        case "VALID": padding = .valid
        case "SAME_UPPER": padding = .same
        case "SAME_LOWER": padding = .sameLower
        case "NOTSET", "":
            let pads = pads ?? []
            guard pads.isEmpty || pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 }) else { throw Misfit() }
            padding =
                pads.allSatisfy { $0 == 0 }
                ? .valid
                : .explicit((0..<rank).map { Padding.Amount(before: pads[$0], after: pads[rank + $0]) })
        default: throw Misfit()
        }
    }

    static func encode(kernel: [Int]?, strides: [Int], padding: Padding) -> [String: EncodedNode.Attribute] {
        var attributes: [String: EncodedNode.Attribute] = ["strides": .ints(strides)]
        if let kernel { attributes["kernel_shape"] = .ints(kernel) }
        switch padding {
        case .valid: break
        case .same: attributes["auto_pad"] = .string("SAME_UPPER")
        case .sameLower: attributes["auto_pad"] = .string("SAME_LOWER")
        case .explicit(let amounts): attributes["pads"] = .ints(amounts.map(\.before) + amounts.map(\.after))
        }
        return attributes
    }
}
