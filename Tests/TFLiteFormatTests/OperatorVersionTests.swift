import Foundation
import ModelGraph
import Testing

@testable import TFLiteFormat

/// The version rules against what TensorFlow's converter wrote into real files.
@Suite struct OperatorVersionTests {
    /// Other tools than the converter made these, and leave versions as they were for float operators.
    private static let others = ["hand_landmark", "selfie_segmentation", "mnist_conv_fc_aeq_int8"]

    private static let files = (SharedModels.shared.map { SharedModels.files(in: $0.appending(path: "models")) } ?? [])
        .filter { path in !others.contains { path.contains($0) } }

    @Test(.enabled(if: !files.isEmpty, "../shared is absent"), arguments: files)
    func noRuleAsksForMoreThanTheConverterDid(_ path: String) throws {
        let model = try TFLiteReader.read(MappedFile(path: path))
        let root = try #require(model.source as? TFLiteSource).rootTable
        let codes = root.children("operator_codes").map(OperatorCode.init)
        for (graph, table) in zip(model.graphs, root.children("subgraphs")) {
            for (id, operation) in zip(graph.order, table.children("operators")) {
                let code = codes[operation.integer("opcode_index")]
                guard let row = TFLiteOperators.byBuiltin[code.name] else { continue }
                let node = graph[id]
                let facts = OperandFacts(
                    inputs: node.inputs.map { $0.map { graph[$0] } }, outputs: node.outputs.map { graph[$0] })
                let version = row.version(node.operation, facts)
                #expect(version <= code.version, "\(code.name) in \(graph.describe(id))")
            }
        }
    }
}
