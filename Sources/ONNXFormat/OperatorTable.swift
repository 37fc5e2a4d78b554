import ModelGraph

/// How one ONNX operator is read and written.
struct OperatorRow: Sendable {
    let type: String
    /// Empty for ai.onnx.
    var domain = ""
    /// - Throws: `Misfit` if the node says more than the operator's struct can hold.
    let decode: @Sendable (inout NodeReader) throws(Misfit) -> DecodedNode
    /// - Throws: `Misfit` if the operation is not this operator's, or the operator set cannot express it.
    let encode: @Sendable (NodeEncoder) throws(Misfit) -> EncodedNode

    /// What a file calls the operator; several domains have operators of one type.
    struct Name: Hashable {
        var type: String
        var domain: String
    }

    var name: Name { Name(type: type, domain: domain) }
}

/// All operators that have a struct in `Operators`; the others stay opaque.
enum OperatorTable {
    static let rows: [OperatorRow] =
        elementwiseRows + linearRows + poolingRows + reshapingRows + movementRows + reductionRows + quantizationRows
        + integerRows
        + indexRows + arrangementRows
        + spatialRows
        + resizeRows
        + normalizationRows
        + geluRows
        + integerProductRows
        + fusedRows
        + castRows
        + arithmeticRows
        + functionRows
        + alongAxisRows
        + sequenceRows

    private static let byName = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })

    static func row(named type: String, domain: String = "") -> OperatorRow? {
        byName[OperatorRow.Name(type: type, domain: domain)]
    }

    /// The operator and form in which a node can be written.
    ///
    /// - Parameter name: the operator that the node was read from, which is tried first.
    /// - Returns: nil if no operator can express the node.
    static func encode(
        _ encoder: NodeEncoder, preferring name: OperatorRow.Name?
    ) -> (row: OperatorRow, node: EncodedNode)? {
        if let preferred = name.flatMap({ byName[$0] }), let node = try? preferred.encode(encoder) {
            return (preferred, node)
        }
        for row in rows {
            if let node = try? row.encode(encoder) { return (row, node) }
        }
        return nil
    }
}
