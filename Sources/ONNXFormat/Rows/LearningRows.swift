import ModelGraph
import Operators

extension OperatorTable {
    /// Text features, and the domain of classical machine learning.
    static let learningRows: [OperatorRow] = [
        OperatorRow(
            type: "TfIdfVectorizer",
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                guard let mode = TfIdfVectorizer.Mode(rawValue: try node.string("mode") ?? ""),
                    let shortest = try node.int("min_gram_length"), let longest = try node.int("max_gram_length"),
                    let skips = try node.int("max_skip_count"), let starts = try node.ints("ngram_counts"),
                    let columns = try node.ints("ngram_indexes"), let pool = try node.ints("pool_int64s")
                else { throw Misfit() }
                return DecodedNode(
                    operation: TfIdfVectorizer(
                        mode: mode, shortest: shortest, longest: longest, skips: skips, pool: pool, starts: starts,
                        columns: columns, weights: try node.floats("weights") ?? []),
                    operands: node.operands, resultType: .float32)
            },
            // No pass changes the node, and the operator set never did.
            encode: { _ throws(Misfit) in throw Misfit() }),
        OperatorRow(
            type: "Binarizer", domain: "ai.onnx.ml",
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                return DecodedNode(
                    operation: Binarizer(threshold: try node.float("threshold") ?? 0), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.requireReal()
                return EncodedNode(
                    inputs: encoder.inputs,
                    attributes: ["threshold": .float(try encoder.operation(Binarizer.self).threshold)])
            }),
        OperatorRow(
            type: "ArrayFeatureExtractor", domain: "ai.onnx.ml",
            decode: { node throws(Misfit) in
                try node.requireInputs(2...2)
                return DecodedNode(operation: ArrayFeatureExtractor(), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                _ = try encoder.operation(ArrayFeatureExtractor.self)
                try encoder.requireReal()
                return EncodedNode(inputs: encoder.inputs)
            }),
    ]
}
