import ModelGraph
import Operators
import Testing

/// Shapes of operators that move elements, and operands that do not fit. Expected: ONNX' and TFLite's documents.
@Suite struct MovementShapeTests {
    private func fed(_ shape: Shape?, _ type: ElementType = .float32) -> TensorFacts {
        TensorFacts(type: type, shape: shape)
    }

    private func whole(_ values: [Int64], _ shape: Shape? = nil) -> TensorFacts {
        TensorFacts(type: .int64, shape: shape ?? [values.count], constant: TensorData(values))
    }

    private func shapes(_ operation: any Operation, _ inputs: [TensorFacts?]) throws -> [[Int]]? {
        try operation.inferOutputs(from: inputs)?.compactMap { $0.shape?.sizes }
    }

    @Test func dependsOnValues() throws {
        let computed = fed([2], .int64)
        #expect(try shapes(Tile(), [fed([2, 3]), computed]) == nil)
        #expect(try shapes(Tile(), [fed([2, 3]), whole([2, 0])]) == [[4, 0]])
        #expect(try shapes(Expand(), [fed([3, 1]), whole([2, 1, 4])]) == [[2, 3, 4]])
        #expect(try shapes(Split(.axis(0), count: 2), [fed([5]), whole([1, 4])]) == [[1], [4]])
        #expect(try shapes(Split(.axis(0), count: 3, allowsSmallerLast: true), [fed([7])]) == [[3], [3], [1]])
        #expect(
            try shapes(Split(.trailingAxis, count: 2), [fed([2, 5]), whole([-1, 2]), whole([1], [])]) == [
                [2, 3], [2, 2],
            ])
        #expect(try shapes(NonZero(), [fed([2, 2])]) == nil)
        let mask = TensorFacts(type: .bool, shape: [2, 2], constant: TensorData([UInt8(1), 0, 1, 1]))
        #expect(try shapes(NonZero(), [mask]) == [[2, 3]])
        #expect(try shapes(NonZero(isRowPerElement: true), [mask]) == [[3, 2]])
        #expect(try shapes(Unique(), [whole([3, 1, 3])]) == [[2], [2], [3], [2]])
        #expect(try shapes(NumberRange(), [whole([0], []), whole([7], []), whole([3], [])]) == [[3]])
        #expect(try shapes(NumberRange(), [whole([0], []), whole([7], []), whole([-3], [])]) == [[0]])
        #expect(
            try shapes(GeneralPad(.reflect, order: .beginsThenEnds), [fed([3, 4]), whole([1, 0, 2, -1])]) == [[6, 3]])
        #expect(
            try shapes(GeneralPad(.constant, order: .beginsThenEnds), [fed([3, 4]), whole([1, 2]), nil, whole([-1])])
                == [[3, 7]])
        #expect(try shapes(Slice(endsAreSizes: true), [fed([4, 5]), whole([1, 2]), whole([-1, 2])]) == [[3, 2]])
        #expect(try shapes(ShapeOf(start: -2, end: 9), [fed([2, 3, 4])]) == [[2]])
    }

    @Test(
        arguments: [Int64.min, -5, 5, Int64.max])
    func hostileNumbers(_ wrong: Int64) {
        func refuse(_ operation: any Operation, _ inputs: [TensorFacts?]) {
            #expect(throws: GraphError.self, "\(operation)") { try operation.inferOutputs(from: inputs) }
        }
        let x = fed([2, 3])
        refuse(Gather(axis: Int(wrong)), [x, fed([1], .int64)])
        refuse(Gather(axis: 1, batchDimensions: Int(wrong)), [x, fed([2], .int64)])
        refuse(GatherND(batchDimensions: Int(wrong)), [x, fed([2, 1], .int64)])
        refuse(ScatterElements(axis: Int(wrong)), [x, fed([1, 1], .int64), fed([1, 1])])
        refuse(TensorScatter(axis: Int(wrong)), [x, x])
        refuse(Split(.axis(Int(wrong)), count: 1), [x])
        refuse(Split(.axis(0), count: Int(wrong)), [x])
        refuse(Split(.axis(0), count: 2), [x, whole([wrong, 2])])
        refuse(Unpack(axis: Int(wrong), count: 2), [x])
        refuse(OneHot(axis: Int(wrong)), [x, whole([4], []), fed([2])])
        refuse(Reverse(), [x, whole([wrong])])
        refuse(ReverseSequence(stepAxis: Int(wrong), batchAxis: 0), [x, fed([2], .int64)])
        refuse(Compress(axis: Int(wrong)), [x, TensorFacts(type: .bool, shape: [1], constant: TensorData([UInt8(1)]))])
        refuse(CenterCropPad(axes: [Int(wrong)]), [x, whole([2])])
        refuse(GeneralPad(.edge, order: .pairs), [x, whole([0, 0, 0, 0]), nil, whole([wrong, 0])])
        refuse(SpaceToDepth(block: Int(wrong), layout: .channelsLast), [fed([1, 2, 2, 1])])
        refuse(DepthToSpace(block: Int(wrong), layout: .channelsLast), [fed([1, 2, 2, 1])])
    }

    @Test func numbersThatOverflow() {
        func refuse(_ operation: any Operation, _ inputs: [TensorFacts?]) {
            #expect(throws: GraphError.self, "\(operation)") { try operation.inferOutputs(from: inputs) }
        }
        let x = fed([2, 3])
        for wrong: Int64 in [.min, .max, -(1 << 40), 1 << 40] {
            refuse(Tile(), [x, whole([wrong, 1])])
            refuse(Expand(), [fed([1]), whole([wrong])])
            refuse(Fill(), [whole([wrong]), fed([])])
            refuse(GeneralPad(.constant, order: .pairs), [x, whole([wrong, wrong, 0, 0])])
            refuse(SpaceToBatch(), [fed([1, 4, 4, 1]), whole([wrong, 1]), whole([0, 0, 0, 0], [2, 2])])
            refuse(BatchToSpace(), [fed([4, 1, 1, 1]), whole([2, 2]), whole([wrong, 0, 0, 0], [2, 2])])
            refuse(ColumnsToImage(), [fed([1, 4, 4]), whole([wrong, 3]), whole([2, 2])])
            refuse(OneHot(), [x, whole([wrong], []), fed([2])])
            refuse(Slice(endsAreSizes: true), [x, whole([wrong, 0]), whole([-1, 1])])
            refuse(Slice(endsAreSizes: true), [x, whole([0, 0]), whole([wrong, 1])])
        }
        refuse(NumberRange(), [whole([.min], []), whole([.max], []), whole([1], [])])
        refuse(NumberRange(), [whole([0], []), whole([1], []), whole([0], [])])
        refuse(GeneralPad(.reflect, order: .pairs), [fed([1]), whole([0, 0]), nil, nil, nil])
    }

    @Test func reflectionsReachNoFurtherThanTheAxis() throws {
        let pad = GeneralPad(.reflect, order: .pairs)
        #expect(try pad.places(size: 3, .init(before: 2, after: 1)) == [2, 1, 0, 1, 2, 1])
        #expect(throws: GraphError.self) { try pad.places(size: 3, .init(before: 3, after: 0)) }
        #expect(throws: GraphError.self) { try pad.places(size: 0, .init(before: 1, after: 0)) }
        #expect(
            try GeneralPad(.wrap, order: .pairs).places(size: 3, .init(before: 4, after: -1)) == [0, 1, 0, 1, 0, 1])
        #expect(throws: GraphError.self) {
            try GeneralPad(.edge, order: .pairs).places(size: 0, .init(before: 1, after: 0))
        }
        #expect(throws: GraphError.self) {
            try GeneralPad(.edge, order: .pairs).places(size: 2, .init(before: -5, after: 3))
        }
    }
}
