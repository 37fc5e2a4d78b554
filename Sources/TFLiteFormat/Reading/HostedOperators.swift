import ModelGraph
import Operators

/// The operators that run other graphs, or read and change variables.
enum HostedOperators {
    /// - Returns: nil for an operator that is none of them, or whose options are not its own.
    static func decode(_ table: FlatTable, _ name: String) -> (any Operation)? {
        guard let row = rows[name] else { return nil }
        let field = row.isNew ? "builtin_options_2" : "builtin_options"
        guard let options = table.child(field) else {
            return row.options == nil ? row.decode(table) : nil
        }
        if let expected = row.options, options.typeName != expected { return nil }
        return row.decode(options)
    }

    private struct Row: Sendable {
        /// The type of the options; nil if the operator needs none.
        var options: String?
        /// Whether they stand in the second union.
        var isNew = false
        var decode: @Sendable (FlatTable) -> (any Operation)?
    }

    private static let rows: [String: Row] = [
        "IF": Row(options: "IfOptions") { table in
            guard let then = graph(table, "then_subgraph_index"), let otherwise = graph(table, "else_subgraph_index")
            else { return nil }
            return If(then: then, otherwise: otherwise)
        },
        "WHILE": Row(options: "WhileOptions") { table in
            guard let condition = graph(table, "cond_subgraph_index"), let body = graph(table, "body_subgraph_index")
            else { return nil }
            return While(condition: condition, body: body)
        },
        "CALL": Row(options: "CallOptions") { graph($0, "subgraph").map { Call($0) } },
        "CALL_ONCE": Row(options: "CallOnceOptions") { graph($0, "init_subgraph_index").map { CallOnce($0) } },
        "STABLEHLO_COMPOSITE": Row(options: "StableHLOCompositeOptions", isNew: true) { table in
            graph(table, "decomposition_subgraph_index").map { Call($0) }
        },
        "VAR_HANDLE": Row(options: "VarHandleOptions") { table in
            VariableHandle(container: table.text("container") ?? "", sharedName: table.text("shared_name") ?? "")
        },
        "READ_VARIABLE": Row { _ in ReadVariable() },
        "ASSIGN_VARIABLE": Row { _ in AssignVariable() },
    ]

    private static func graph(_ table: FlatTable, _ field: String) -> GraphReference? {
        let index = table.integer(field)
        return index >= 0 ? .index(index) : nil
    }
}
