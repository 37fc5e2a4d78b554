import CTFLite
import ModelGraph
import Operators
import Testing

@testable import TFLiteFormat

@Suite struct TFLiteWriterTests {
    private func read(_ bytes: [UInt8]) throws -> Model {
        try TFLiteReader.read(MappedFile(copying: bytes, named: "written"))
    }

    private func rare(_ change: (FlatBuilder, inout TableDraft) -> Void = { _, _ in }) throws -> Model {
        try read(try RareFile.bytes(change))
    }

    private func root(_ model: Model) throws -> FlatTable { try #require(model.source as? TFLiteSource).rootTable }

    private func version(_ model: Model, graph: Int = 0, operator index: Int) throws -> Int {
        let root = try root(model)
        let node = root.children("subgraphs")[graph].children("operators")[index]
        return root.children("operator_codes")[node.integer("opcode_index")].integer("version")
    }

    @Test func newModelReadsBack() throws {
        let model = SmallModel.make()
        let again = try read(try TFLiteWriter.bytes(of: model))
        #expect(again.signatures == model.signatures)
        for id in model.main.valueIDs {
            var value = again.main[id]
            value.source = nil
            #expect(value.isUnchanged(since: model.main[id]))
        }
        for (a, b) in zip(again.main.order, model.main.order) {
            #expect(again.main[a].operation.isEqual(to: model.main[b].operation))
            #expect(again.main[a].inputs == model.main[b].inputs)
        }
    }

    @Test func equalWeightsAreWrittenOnce() throws {
        let model = SmallModel.make()
        // b1 and b2 hold the same numbers.
        let root = try root(try read(try TFLiteWriter.bytes(of: model)))
        #expect(root.count("buffers") == 1 + 5)
    }

    @Test func weightsAreAligned() throws {
        let model = try read(try TFLiteWriter.bytes(of: SmallModel.make()))
        let file = try #require(model.source).file
        let table = BufferTable(file: file, tables: try root(model).children("buffers"))
        for index in 1..<table.tables.count {
            #expect(try #require(try table.contents(of: index)).lowerBound % 16 == 0)
        }
    }

    /// An attribute that changed does not take those along that we do not model.
    @Test func changedOptionsKeepWhatIsNotModelled() throws {
        var model = try rare()
        let id = NodeID(index: 0)
        model.main[id].operation = FullyConnected(activation: .relu6, keepsDimensions: true)
        let again = try read(try TFLiteWriter.bytes(of: model))
        #expect(again.main[id].operation.isEqual(to: model.main[id].operation))
        let options = try #require(
            try root(again).children("subgraphs")[0].children("operators")[0].child("builtin_options"))
        #expect(options.integer("quantized_bias_type") == 2)
    }

    @Test func otherOperatorsAndTensorsStayAsTheyWere() throws {
        var model = try rare()
        model.main[ValueID(index: 4)].constant = TensorData([Float](repeating: 7, count: 16))
        let again = try read(try TFLiteWriter.bytes(of: model))
        let file = try #require(again.source).file
        let differences = FileComparison.differences(try #require(model.source).file, file)
        #expect(differences == [".subgraphs[0].tensors[4].buffer: other bytes"])
    }

    /// Indices that stand in details and signatures move with their tensors.
    @Test func indicesFollowTheirTensors() throws {
        var model = try rare()
        var patch = GraphPatch("remove", for: model.main)
        // `labels` is read by nothing and stands before others.
        patch.removeValue(ValueID(index: 6))
        let copy = patch.addValue(model.main[ValueID(index: 2)])
        patch.removeValue(ValueID(index: 2))
        model.main = try model.main.applying(patch)
        // The scales' tensor is gone, though a copy of it is there.
        #expect(throws: TFLiteError.self) { try TFLiteWriter.bytes(of: model) }
        var kept = try rare()
        var second = GraphPatch("remove", for: kept.main)
        second.removeValue(ValueID(index: 6))
        kept.main = try kept.main.applying(second)
        let again = try read(try TFLiteWriter.bytes(of: kept))
        #expect(again.main.valueIDs.count == 11)
        #expect(again.main[ValueID(index: 1)].quantization == kept.main[ValueID(index: 1)].quantization)
        #expect(again.main.outputs == [ValueID(index: 10), ValueID(index: 6)])
        #expect(copy.index == 12)
    }

    @Test func quantizingRaisesTheVersion() throws {
        var model = SmallModel.make()
        for id in model.main.valueIDs where model.main[id].type == .float32 {
            var value = model.main[id]
            value.type = .int8
            value.quantization = Quantization(scale: 0.5, zeroPoint: 3)
            if let shape = value.shape?.elementCount, value.constant != nil {
                value.constant = TensorData([Int8](repeating: 1, count: shape))
            }
            model.main[id] = value
        }
        let again = try read(try TFLiteWriter.bytes(of: model))
        // LiteRT's op_version: CONV_2D 3, DEPTHWISE_CONV_2D 3, MEAN 2, FULLY_CONNECTED 4 for int8.
        #expect(try (0..<4).map { try version(again, operator: $0) } == [3, 3, 2, 4])
        #expect(again.main[ValueID(index: 0)].quantization == Quantization(scale: 0.5, zeroPoint: 3))
        // The float file: a dilated depthwise convolution is 2, all others 1.
        let float = try read(try TFLiteWriter.bytes(of: SmallModel.make()))
        #expect(try (0..<4).map { try version(float, operator: $0) } == [1, 2, 1, 1])
        // Changing the tensors of a file that was read raises its versions as well.
        var changed = float
        for id in model.main.valueIDs {
            var value = model.main[id]
            value.source = float.main[id].source
            changed.main[id] = value
        }
        let raised = try read(try TFLiteWriter.bytes(of: changed))
        #expect(try (0..<4).map { try version(raised, operator: $0) } == [3, 3, 2, 4])
    }

    @Test func perChannelScalesReadBack() throws {
        var model = SmallModel.make()
        let weights = try #require(model.main.valueIDs.first { model.main[$0].name == "w1" })
        model.main[weights].type = .int8
        model.main[weights].constant = TensorData([Int8](repeating: 2, count: 108))
        model.main[weights].quantization = Quantization(scales: [1, 2, 3, 4], axis: 0)
        let again = try read(try TFLiteWriter.bytes(of: model))
        #expect(again.main[weights].quantization == model.main[weights].quantization)
        #expect(try version(again, operator: 0) == 5)
    }

    @Test func dynamicShapesReadBack() throws {
        var model = SmallModel.make()
        let shape = Shape(dimensions: [.dynamic(placeholder: 1), .fixed(8), .dynamic(placeholder: 8), .fixed(3)])
        model.main[ValueID(index: 0)].shape = shape
        #expect(try read(try TFLiteWriter.bytes(of: model)).main[ValueID(index: 0)].shape == shape)
    }

    /// Every row decodes what it encodes.
    @Test func everyOperationReadsBack() throws {
        var operations: [(operation: any Operation, inputs: Int)] = []
        // The logical operators are for booleans; the others are ONNX's alone.
        let foreign: [Binary.Kind] = [.and, .or, .remainder, .shiftLeft]
        for kind in Binary.Kind.allCases where !foreign.contains(kind) { operations.append((Binary(kind), 2)) }
        let functions: [Unary.Kind] = [
            .tan, .arcSine, .arcCosine, .arcTangent, .hyperbolicSine, .hyperbolicCosine, .areaSine, .areaCosine,
            .areaTangent, .errorFunction, .reciprocal, .softplus, .softsign, .mish,
        ]
        for kind in Unary.Kind.allCases where !functions.contains(kind) { operations.append((Unary(kind), 1)) }
        let foldings: [Reduce.Kind] = [.mean, .sum, .product, .max, .min, .any, .all]
        for kind in foldings { operations.append((Reduce(kind, keepsDimensions: true), 2)) }
        let others: [(operation: any Operation, inputs: Int)] = [
            (Binary(.multiply, activation: .reluN1To1), 2), (Binary(.add, activation: .tanh), 2),
            (Convolution(strides: [1, 3], dilations: [2, 4], padding: .valid, activation: .signBit), 3),
            (DepthwiseConvolution(strides: [2, 1], padding: .same, multiplier: 3), 3),
            (FullyConnected(keepsDimensions: true, quantizesInputsAsymmetrically: true), 2),
            (Softmax(beta: 0.5), 1), (Pool(.max, window: [2, 3], strides: [1, 2], padding: .same), 1),
            (Pool(.average, window: [7, 7], strides: [1, 1], activation: .relu), 1),
            (ResizeBilinear(alignsCorners: true), 2), (ResizeBilinear(usesHalfPixelCenters: true), 2),
            (Reshape(), 2), (Reshape(shape: [-1, 4]), 1), (Reshape(shape: []), 1), (Squeeze(axes: [1, -1]), 1),
            (Squeeze(), 1), (ExpandDimensions(), 2), (Concatenation(axis: -1), 3), (Pad(), 2), (Pad(), 3),
            (Transpose(), 2), (ShapeOf(), 1), (ShapeOf(type: .int64), 1), (Pack(axis: 2), 3), (Quantize(), 1),
            (Dequantize(), 1), (Comparison(.notEqual), 2), (Comparison(.lessOrEqual), 2), (Variadic(.sum), 3),
            (ParametricUnary(.leakyRelu, alpha: 0.25), 1), (LogSoftmax(), 1), (Select(), 3),
            (Select(selectsRows: true), 3), (ArgExtremum(.maximum, axis: nil, type: .float32), 2),
            (Cumulative(.sum, isExclusive: true, isReversed: true), 2),
            (Cast(to: .float32, narrowing: Narrowing(saturatesIntegers: true)), 1), (BitCast(to: .float32), 1),
            (
                StridedSlice(
                    beginMask: 1, endMask: 2, ellipsisMask: 4, newAxisMask: 8, shrinkAxisMask: 16, offset: true), 4
            ),
        ]
        operations += others
        var graph = Graph(name: "all")
        var inputs: [ValueID] = []
        for index in 0..<4 { inputs.append(graph.addValue(Value(name: "x\(index)", type: .float32, shape: [1, 4]))) }
        for (operation, count) in operations {
            let output = graph.addValue(Value(name: "y", type: .float32, shape: [1, 4]))
            graph.addNode(Node(operation, inputs: Array(inputs.prefix(count)), outputs: [output]))
        }
        graph.setInterface(inputs: inputs, outputs: [])
        let again = try read(try TFLiteWriter.bytes(of: Model(format: .tflite, graphs: [graph])))
        for (id, (operation, _)) in zip(again.main.order, operations) {
            #expect(again.main[id].operation.isEqual(to: operation), "\(operation) became \(again.main[id].operation)")
        }
    }

    @Test func whatTheFormatCannotSayIsRefused() throws {
        func refuse(_ operation: any Operation) {
            var model = SmallModel.make()
            model.main[NodeID(index: 0)].operation = operation
            let error = #expect(throws: TFLiteError.self) { try TFLiteWriter.bytes(of: model) }
            #expect(error?.code == .unsupported)
        }
        refuse(OpaqueOperation(name: "WHILE", callsSubgraphs: true))
        refuse(
            Convolution(strides: [1, 1], padding: .explicit([.init(before: 1, after: 0), .init(before: 0, after: 0)])))
        refuse(Convolution(strides: [1]))
        refuse(Convolution(strides: [1, 1], layout: .channelsFirst))
        refuse(Softmax(axis: 1))
    }

    /// What we do not know is not lost: such a file can be copied, but not rewritten.
    @Test func unknownFieldsAreNeverLost() throws {
        // A table of another type in a place where fewer fields are known.
        let bytes = try RareFile.bytes { b, draft in
            let stranger = b.table("ExternalBuffer") {
                $0.set("group", 3)
                $0.set("packing", "x")
            }
            draft.set("external_buffer_groups", b.references([stranger]))
        }
        var model = try read(bytes)
        #expect(try TFLiteWriter.bytes(of: model) == bytes)
        model.main[ValueID(index: 0)].name = "renamed"
        let error = #expect(throws: TFLiteError.self) { try TFLiteWriter.bytes(of: model) }
        #expect(error?.message.contains("ExternalBufferGroup field") == true)
    }

    @Test func unknownOptionsAreUnsupported() throws {
        let error = #expect(throws: TFLiteError.self) {
            try rare { b, draft in
                let node = b.table("Operator") {
                    $0.set("builtin_options", union: "AddOptions", b.table("AddOptions") { _ in })
                    $0.set("builtin_options_type", 250)
                }
                draft.set(
                    "subgraphs", b.references([b.table("SubGraph") { $0.set("operators", b.references([node])) }]))
            }
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.hasPrefix("subgraphs[0].operators[0].builtin_options: ") == true)
    }
}
