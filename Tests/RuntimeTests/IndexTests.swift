import ModelGraph
import Operators
import Runtime
import Testing

/// Indices that are none are reported when they are read, and nothing is read or written there.
@Suite struct IndexTests {
    /// Runs a node on int64 indices that are fed.
    private func run(
        _ operation: any Operation, _ operands: [(shape: Shape, values: [Float]?)], indices: [Int64], at place: Int,
        type: ElementType = .float32, threads: Int = 1
    ) throws -> [Float] {
        var graph = Graph(name: "main")
        var inputs: [ValueID] = []
        var fed: [ValueID] = []
        for (index, operand) in operands.enumerated() {
            let isIndices = index == place
            inputs.append(
                graph.addValue(
                    Value(
                        name: "x\(index)", type: isIndices ? .int64 : type, shape: operand.shape,
                        constant: operand.values.map { TensorData($0) })))
            if isIndices || operand.values == nil { fed.append(inputs[index]) }
        }
        let y = graph.addValue(Value(name: "y", type: type, shape: nil))
        graph.addNode(Node(operation, inputs: inputs, outputs: [y]))
        graph.setInterface(inputs: fed, outputs: [y])
        let plan = try Plan(Model(format: .onnx, graphs: [graph]))
        let execution = try Execution(plan, pool: ThreadPool(threads: threads), sharesAll: true)
        execution.withInputs { $0[0].copyBytes(from: indices.withUnsafeBytes(Array.init)) }
        try execution.run()
        return execution.withOutput(0) { Array($0.bindMemory(to: Float.self)) }
    }

    private let six: [Float] = [1, 2, 3, 4, 5, 6]

    @Test(arguments: [2, -3, Int64.max, Int64.min])
    func outOfRange(_ wrong: Int64) throws {
        func refuse(
            _ operation: any Operation, _ operands: [(shape: Shape, values: [Float]?)], _ indices: [Int64],
            at place: Int
        ) {
            let error = #expect(throws: RuntimeError.self) {
                try run(operation, operands, indices: indices, at: place)
            }
            #expect(error?.code == .indexOutOfRange)
            #expect(error?.message.contains("is out of range") == true)
        }
        refuse(Gather(), [([2, 3], six), ([3], nil)], [0, wrong, 1], at: 1)
        refuse(GatherElements(axis: 0), [([2, 3], six), ([1, 3], nil)], [0, wrong, 1], at: 1)
        refuse(GatherND(), [([2, 3], six), ([1, 2], nil)], [wrong, 0], at: 1)
        refuse(ScatterElements(), [([2, 3], six), ([1, 1], nil), ([1, 1], [9])], [wrong], at: 1)
        refuse(ScatterND(), [([2, 3], six), ([1, 1], nil), ([1, 3], [7, 8, 9])], [wrong], at: 1)
        refuse(ScatterND(startsFromZeros: false), [([2, 3], six), ([1, 2], nil), ([1], [9])], [wrong, 0], at: 1)
    }

    @Test func negativesCountFromTheEndOnlyWhereTheOperatorSaysSo() throws {
        let operands: [(shape: Shape, values: [Float]?)] = [([2, 3], six), ([1], nil)]
        #expect(try run(Gather(), operands, indices: [-1], at: 1) == [4, 5, 6])
        #expect(throws: RuntimeError.self) {
            try run(Gather(wrapsNegatives: false), operands, indices: [-1], at: 1)
        }
    }

    @Test func lengthsOfSequences() throws {
        let operands: [(shape: Shape, values: [Float]?)] = [([3, 2], six), ([2], nil)]
        let reverse = ReverseSequence(stepAxis: 0, batchAxis: 1)
        #expect(try run(reverse, operands, indices: [2, 3], at: 1) == [3, 6, 1, 4, 5, 2])
        for wrong: Int64 in [4, -1, .min] {
            #expect(throws: RuntimeError.self) { try run(reverse, operands, indices: [1, wrong], at: 1) }
        }
    }

    /// Expected: numpy, by the definition in ONNX' documents of TensorScatter.
    @Test func caches() throws {
        let operands: [(shape: Shape, values: [Float]?)] = [
            ([1, 3, 2], six), ([1, 2, 2], [7, 8, 9, 10]), ([1], nil),
        ]
        let linear = TensorScatter(axis: 1)
        let circular = TensorScatter(axis: 1, isCircular: true)
        #expect(try run(linear, operands, indices: [1], at: 2) == [1, 2, 7, 8, 9, 10])
        #expect(try run(circular, operands, indices: [2], at: 2) == [9, 10, 3, 4, 7, 8])
        for wrong: Int64 in [2, -1, .max] {
            #expect(throws: RuntimeError.self) { try run(linear, operands, indices: [wrong], at: 2) }
        }
    }

    /// A block that does not fit is moved, as XLA's dynamic-update-slice has it.
    @Test func blocks() throws {
        let operands: [(shape: Shape, values: [Float]?)] = [([2, 3], six), ([1, 2], [8, 9]), ([2], nil)]
        #expect(try run(DynamicUpdateSlice(), operands, indices: [9, .max], at: 2) == [1, 2, 3, 4, 8, 9])
        #expect(try run(DynamicUpdateSlice(), operands, indices: [.min, -1], at: 2) == [8, 9, 3, 4, 5, 6])
    }

    @Test func anyThreadReports() throws {
        let table = [Float](repeating: 1, count: 1 << 16)
        var indices = [Int64](repeating: 3, count: 256)
        indices[200] = 1 << 40
        let error = #expect(throws: RuntimeError.self) {
            try run(Gather(), [([256, 256], table), ([256], nil)], indices: indices, at: 1, threads: 4)
        }
        #expect(error?.message.contains("1099511627776") == true)
    }
}
