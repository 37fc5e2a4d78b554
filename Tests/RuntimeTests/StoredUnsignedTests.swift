import CKernels
import ModelGraph
import Operators
import Testing

@testable import Runtime

/// Signed bytes that are stored as unsigned ones where only convolutions and sums look at them.
@Suite struct StoredUnsignedTests {
    private struct Builder {
        var graph = Graph(name: "main")
        var generator = Generator(state: 9)
        let x: ValueID

        init() {
            x = graph.addValue(
                Value(
                    name: "x", type: .int8, shape: [1, 4, 5, 8],
                    quantization: Quantization(scale: 0.05, zeroPoint: -7)))
        }

        mutating func add(
            _ operation: any ModelGraph.Operation, _ inputs: [ValueID], type: ElementType = .int8, zeroPoint: Int64 = 3
        ) -> ValueID {
            let value = graph.addValue(
                Value(
                    name: "y", type: type, shape: [1, 4, 5, 8],
                    quantization: type == .int8 ? Quantization(scale: 0.08, zeroPoint: zeroPoint) : nil))
            graph.addNode(Node(operation, inputs: inputs, outputs: [value]))
            return value
        }

        mutating func convolution(of input: ValueID, zeroPoint: Int64 = 3) -> ValueID {
            let w = graph.addValue(
                Value(
                    name: "w", type: .int8, shape: [8, 1, 1, 8], quantization: Quantization(scale: 0.01, zeroPoint: 0),
                    constant: TensorData(RandomGraph.bytes(64, &generator))))
            return add(Convolution(strides: [1, 1]), [input, w], zeroPoint: zeroPoint)
        }

        mutating func model(_ outputs: [ValueID]) -> Model {
            graph.setInterface(inputs: [x], outputs: outputs)
            return Model(format: .tflite, graphs: [graph])
        }
    }

    /// Exactly these values are stored unsigned, and no bit of the first output changes.
    private func expect(
        _ model: Model, stores expected: [ValueID], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let graph = model.graphs[0]
        for isa in [CK_ISA_AVX512, CK_ISA_AVX_VNNI] {
            let stored = try UnsignedBytes.store(graph, isa: isa)
            let unsigned = graph.valueIDs.filter { stored[$0].type == .uint8 }
            #expect(unsigned == expected, sourceLocation: sourceLocation)
            for id in unsigned {
                #expect(
                    stored[id].quantization?.zeroPoints == graph[id].quantization?.zeroPoints.map { $0 + 128 },
                    sourceLocation: sourceLocation)
            }
        }
        let others = try UnsignedBytes.store(graph, isa: CK_ISA_AVX2)
        #expect(graph.valueIDs.allSatisfy { others[$0].type == graph[$0].type }, sourceLocation: sourceLocation)
        for numerics in Numerics.allCases {
            var options = PlanOptions()
            (options.numerics, options.keepsAllValues, options.instructionSet) = (numerics, true, .portable)
            let result = try RandomGraph.run(Plan(model, options: options))
            (options.keepsAllValues, options.instructionSet) = (false, nil)
            let plan = try Plan(model, options: options)
            #expect(plan.outputs.allSatisfy { $0.type != .uint8 }, sourceLocation: sourceLocation)
            #expect(try RandomGraph.run(plan) == result, sourceLocation: sourceLocation)
        }
    }

    @Test func betweenConvolutionsAndSums() throws {
        var builder = Builder()
        let first = builder.convolution(of: builder.x, zeroPoint: -128)
        let second = builder.convolution(of: first, zeroPoint: 127)
        let sum = builder.add(Binary(.add), [second, first])
        try expect(builder.model([builder.convolution(of: sum)]), stores: [first, second, sum])
    }

    @Test func outputsStay() throws {
        var builder = Builder()
        let first = builder.convolution(of: builder.x)
        let second = builder.convolution(of: first)
        let third = builder.convolution(of: second)
        try expect(builder.model([third, first]), stores: [second])
    }

    /// What another operator reads stays, and all of a sum with it.
    @Test func othersStay() throws {
        var builder = Builder()
        let first = builder.convolution(of: builder.x)
        let second = builder.convolution(of: first)
        let sum = builder.add(Binary(.add), [first, second])
        let real = builder.add(Dequantize(), [sum], type: .float32)
        let third = builder.convolution(of: sum)
        let fourth = builder.convolution(of: third)
        try expect(builder.model([fourth, real]), stores: [third])
    }

    /// Zero points that are no bytes are refused as the file has them.
    @Test(arguments: [128, -129, -200, Int64.max, Int64.max - 127, Int64.min])
    func zeroPointsThatAreNone(_ zeroPoint: Int64) {
        var builder = Builder()
        let first = builder.convolution(of: builder.x, zeroPoint: zeroPoint)
        let model = builder.model([builder.convolution(of: first)])
        let error = #expect(throws: RuntimeError.self) { try Plan(model) }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.contains("the zero point \(zeroPoint) is no value of int8") == true)
    }

    @Test(arguments: [1, 3]) func sumsOfOtherCounts(_ count: Int) {
        var builder = Builder()
        let first = builder.convolution(of: builder.x)
        let sum = builder.add(Binary(.add), Array(repeating: first, count: count))
        let model = builder.model([builder.convolution(of: sum)])
        // Either an error or a result.
        if let plan = try? Plan(model) { #expect(throws: Never.self) { _ = try RandomGraph.run(plan) } }
    }
}
