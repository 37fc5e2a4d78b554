import ModelGraph
import Operators

extension OperatorTable {
    static let treeRows: [OperatorRow] = [
        OperatorRow(
            type: "TreeEnsemble", domain: "ai.onnx.ml",
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                guard let targets = try node.int("n_targets"), let roots = try node.ints("tree_roots"),
                    let transform = TreeEnsemble.Transform(rawValue: try node.int("post_transform") ?? 0),
                    let aggregate = TreeEnsemble.Aggregate(rawValue: try node.int("aggregate_function") ?? 1)
                else { throw Misfit() }
                // How often a branch is taken changes no result.
                _ = try node.tensor("nodes_hitrates")
                return DecodedNode(
                    operation: TreeEnsemble(
                        branches: try branches(&node), leaves: try leaves(&node), roots: roots, targets: targets,
                        aggregate: aggregate, transform: transform), operands: node.operands)
            },
            // No pass changes the node, and its operator set is another one than ai.onnx.
            encode: { _ throws(Misfit) in throw Misfit() })
    ]

    private static func leaves(_ node: inout NodeReader) throws(Misfit) -> [TreeEnsemble.Leaf] {
        guard let targets = try node.ints("leaf_targetids") else { throw Misfit() }
        let weights = try reals(&node, "leaf_weights", count: targets.count)
        return zip(weights, targets).map { TreeEnsemble.Leaf(weight: $0, target: $1) }
    }

    private static func branches(_ node: inout NodeReader) throws(Misfit) -> [TreeEnsemble.Branch] {
        guard let features = try node.ints("nodes_featureids") else { throw Misfit() }
        let count = features.count
        func column(_ name: String, _ node: inout NodeReader) throws(Misfit) -> [Int] {
            guard let values = try node.ints(name), values.count == count else { throw Misfit() }
            return values
        }
        let (ifTrue, ifFalse) = (try column("nodes_truenodeids", &node), try column("nodes_falsenodeids", &node))
        let (trueLeaf, falseLeaf) = (try column("nodes_trueleafs", &node), try column("nodes_falseleafs", &node))
        let missing = try node.ints("nodes_missing_value_tracks_true") ?? []
        guard missing.isEmpty || missing.count == count,
            let modes = try node.tensor("nodes_modes")?.constant?.elements(as: UInt8.self), modes.count == count
        else { throw Misfit() }
        let splits = try reals(&node, "nodes_splits", count: count)
        var members = try reals(&node, "membership_values", count: nil)[...]
        var branches: [TreeEnsemble.Branch] = []
        for index in 0..<count {
            guard let mode = TreeEnsemble.Mode(rawValue: Int(modes[index])), ifTrue[index] >= 0, ifFalse[index] >= 0
            else { throw Misfit() }
            var own: [Double] = []
            if mode == .member {
                // The members of each such branch end with a NaN.
                while let next = members.popFirst(), !next.isNaN { own.append(next) }
            }
            branches.append(
                TreeEnsemble.Branch(
                    mode: mode, feature: features[index], split: splits[index], members: own,
                    ifTrue: trueLeaf[index] != 0 ? -1 - ifTrue[index] : ifTrue[index],
                    ifFalse: falseLeaf[index] != 0 ? -1 - ifFalse[index] : ifFalse[index],
                    missingIsTrue: missing.isEmpty ? false : missing[index] != 0))
        }
        return branches
    }

    /// The numbers of a tensor; none if it is left out and any count will do.
    private static func reals(_ node: inout NodeReader, _ name: String, count: Int?) throws(Misfit) -> [Double] {
        guard let tensor = try node.tensor(name) else {
            guard count == nil else { throw Misfit() }
            return []
        }
        let values: [Double]
        switch tensor.type {
        case .float64: values = tensor.constant?.elements() ?? []
        case .float32: values = tensor.constant?.elements(as: Float.self).map(Double.init) ?? []
        default: throw Misfit()
        }
        guard count == nil || values.count == count else { throw Misfit() }
        return values
    }
}
