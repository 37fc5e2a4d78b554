import ModelGraph
import Operators
import Testing

@testable import TFLiteFormat

@Suite struct TFLiteReaderTests {
    private func read(_ change: (FlatBuilder, inout TableDraft) -> Void = { _, _ in }) throws -> Model {
        try TFLiteReader.read(MappedFile(copying: try RareFile.bytes(change), named: "rare.tflite"))
    }

    @Test func graphsAndSignatures() throws {
        let model = try read()
        #expect(model.graphs.map(\.name) == ["main", "", ""])
        #expect(
            model.main.order.map { model.main[$0].operation.name } == [
                "FullyConnected", "WHILE", "CUSTOM:Convolve", "STABLEHLO_CONCATENATE", "UnidirectionalSequenceLSTM",
            ])
        #expect(
            model.signatures == [
                Signature(
                    key: "serving_default", graph: 0, inputs: [.init(name: "image", value: ValueID(index: 0))],
                    outputs: [])
            ])
        let loop = model.main[NodeID(index: 1)]
        #expect((loop.operation as? OpaqueOperation)?.callsSubgraphs == true)
        #expect(model.main[NodeID(index: 0)].inputs == [ValueID(index: 0), ValueID(index: 1), nil])
        #expect(model.main[NodeID(index: 4)].intermediates == [ValueID(index: 5)])
    }

    @Test func shapesAndConstants() throws {
        let graph = try read().main
        func value(_ index: Int) -> Value { graph[ValueID(index: index)] }
        #expect(value(0).shape == Shape(dimensions: [.dynamic(placeholder: 1), .fixed(32)]))
        #expect(value(7).shape == nil)
        #expect(value(9).shape == [])
        #expect(value(4).constant?.elements(as: UInt8.self) == (0..<64).map { UInt8($0) })
        #expect(value(8).isSparse)
        #expect(value(5).isVariable)
        #expect(value(3).quantization == nil)
        #expect(value(1).quantization == Quantization(scales: [1, 0.5, 2, 0.25], axis: 0, blockSize: 16))
    }

    @Test func otherFilesAreNotTFLite() {
        for bytes in [[], Array("TFL3".utf8), Array("hello, world".utf8)] as [[UInt8]] {
            let file = MappedFile(copying: bytes, named: "other")
            #expect(!TFLiteReader.isTFLite(file))
            let error = #expect(throws: TFLiteError.self) { try TFLiteReader.read(file) }
            #expect(error?.code == .notTFLite)
        }
    }

    @Test func newerFormatIsUnsupported() {
        let error = #expect(throws: TFLiteError.self) { try read { _, draft in draft.set("version", 4) } }
        #expect(error?.code == .unsupported)
    }

    @Test func fileWithoutGraphsIsMalformed() {
        let error = #expect(throws: TFLiteError.self) {
            try read { b, draft in draft.set("subgraphs", b.references([])) }
        }
        #expect(error?.description == "rare.tflite: the file holds no graph")
    }

    /// A model of one graph of the given tensors and operators; operator code 0 is ADD, 1 is CALL.
    private func small(
        tensors: (FlatBuilder) -> [FlatBuilder.Reference] = { _ in [] },
        operators: (FlatBuilder) -> [FlatBuilder.Reference] = { _ in [] }, inputs: [Int32] = []
    ) throws -> Model {
        let b = try FlatBuilder()
        let graph = b.table("SubGraph") {
            $0.set("tensors", b.references(tensors(b)))
            $0.set("operators", b.references(operators(b)))
            $0.set("inputs", vector: inputs)
        }
        let codes = ["ADD", "CALL"].map { name in
            b.table("OperatorCode") { $0.set("builtin_code", TFLiteNames.builtinCode(name)) }
        }
        let data = b.table("Buffer") { $0.set("data", vector: [UInt8](repeating: 1, count: 8)) }
        let far = b.table("Buffer") {
            $0.set("offset", unsigned: .max - 8)
            $0.set("size", unsigned: 16)
        }
        let root = b.table("Model") {
            $0.set("version", 3)
            $0.set("operator_codes", b.references(codes))
            $0.set("subgraphs", b.references([graph]))
            $0.set("buffers", b.references([b.table("Buffer") { _ in }, data, far]))
        }
        return try TFLiteReader.read(MappedFile(copying: try b.finish(root: root), named: "small"))
    }

    private func tensor(_ b: FlatBuilder, _ fill: (inout TableDraft) -> Void) -> FlatBuilder.Reference {
        b.table("Tensor") {
            $0.set("name", "t")
            fill(&$0)
        }
    }

    private func expectMalformed(
        _ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Model
    ) {
        let error = #expect(throws: TFLiteError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.code == .malformed, sourceLocation: sourceLocation)
        #expect(
            error?.description.contains(message) == true, "\(error?.description ?? "")", sourceLocation: sourceLocation)
    }

    @Test func tensorErrorsNameTheTensor() {
        expectMalformed("graph 0, tensor 0 't': names buffer 9 of 3") {
            try small(tensors: { b in [tensor(b) { $0.set("buffer", 9) }] })
        }
        expectMalformed("reaches beyond the file's") {
            try small(tensors: { b in [tensor(b) { $0.set("buffer", 2) }] })
        }
        expectMalformed("has a negative extent") {
            try small(tensors: { b in [tensor(b) { $0.set("shape", vector: [Int32(-2)]) }] })
        }
        expectMalformed("8 bytes of data at byte ") {
            try small(tensors: { b in
                [
                    tensor(b) {
                        $0.set("shape", vector: [Int32(3)])
                        $0.set("buffer", 1)
                    }
                ]
            })
        }
        expectMalformed("larger than memory can be") {
            try small(tensors: { b in
                [
                    tensor(b) {
                        $0.set("shape", vector: [Int32](repeating: .max, count: 4))
                        $0.set("buffer", 1)
                    }
                ]
            })
        }
        expectMalformed("2 scales and 3 zero points") {
            try small(tensors: { b in
                let quantization = b.table("QuantizationParameters") {
                    $0.set("scale", vector: [Float](arrayLiteral: 1, 2))
                    $0.set("zero_point", vector: [Int64](repeating: 0, count: 3))
                }
                return [tensor(b) { $0.set("quantization", quantization) }]
            })
        }
    }

    @Test func unknownElementTypeIsUnsupported() {
        let error = #expect(throws: TFLiteError.self) {
            try small(tensors: { b in [tensor(b) { $0.set("type", 99) }] })
        }
        #expect(error?.code == .unsupported)
    }

    @Test func operatorErrorsNameTheOperator() {
        func node(_ fill: @escaping (inout TableDraft) -> Void) -> (FlatBuilder) -> [FlatBuilder.Reference] {
            { b in [b.table("Operator", fill)] }
        }
        expectMalformed("graph 0, operator 0: names operator code 7 of 2") {
            try small(operators: node { $0.set("opcode_index", 7) })
        }
        expectMalformed("graph 0, operator 0 (ADD): its operands name tensor 5") {
            try small(operators: node { $0.set("inputs", vector: [Int32(5)]) })
        }
        expectMalformed("its results name tensor -1") {
            try small(operators: node { $0.set("outputs", vector: [Int32(-1)]) })
        }
        expectMalformed("the graph's inputs name tensor 1 of 0") { try small(inputs: [1]) }
        expectMalformed("runs graph 4 of 1") { try small(operators: call(4)) }
        expectMalformed("the graph runs itself") { try small(operators: call(0)) }
    }

    private func call(_ graph: Int) -> (FlatBuilder) -> [FlatBuilder.Reference] {
        { b in
            let options = b.table("CallOptions") { $0.set("subgraph", graph) }
            return [
                b.table("Operator") {
                    $0.set("opcode_index", 1)
                    $0.set("builtin_options", union: "CallOptions", options)
                }
            ]
        }
    }

    /// Many operators that share one vector of operands ask for more memory than the file is worth.
    @Test func sharingCannotExhaustMemory() throws {
        let error = #expect(throws: TFLiteError.self) {
            try small(
                tensors: { b in [tensor(b) { $0.set("shape", vector: [Int32(1)]) }] },
                operators: { b in
                    let node = b.table("Operator") { $0.set("inputs", vector: [Int32](repeating: 0, count: 4_000)) }
                    return Array(repeating: node, count: 4_000)
                })
        }
        #expect(error?.code == .malformed)
    }
}
