import ModelGraph
import Testing

/// Expected values: the encodings are written out by hand from TFLite's schema, and those of its converter's tests.
@Suite struct SparsityTests {
    private func dense(_ sparsity: Sparsity, _ values: [Float], _ sizes: [Int]) throws -> [Float] {
        try sparsity.densified(TensorData(values), type: .float32, sizes: sizes).elements()
    }

    /// [[6, 0, 9, 8], [0, 0, 0, 0], [5, 0, 0, 7]] with compressed rows.
    @Test func rows() throws {
        let sparsity = Sparsity(
            order: [0, 1], blockAxes: [],
            levels: [.dense(size: 3), .compressed(segments: [0, 3, 3, 5], indices: [0, 2, 3, 0, 3])])
        #expect(try dense(sparsity, [6, 9, 8, 5, 7], [3, 4]) == [6, 0, 9, 8, 0, 0, 0, 0, 5, 0, 0, 7])
    }

    /// The same with compressed columns.
    @Test func columns() throws {
        let sparsity = Sparsity(
            order: [1, 0], blockAxes: [],
            levels: [.dense(size: 4), .compressed(segments: [0, 2, 2, 3, 5], indices: [0, 2, 0, 0, 2])])
        #expect(try dense(sparsity, [6, 5, 9, 8, 7], [3, 4]) == [6, 0, 9, 8, 0, 0, 0, 0, 5, 0, 0, 7])
    }

    /// [[1, 0, 2, 3], [0, 4, 0, 0], [0, 0, 5, 0], [0, 0, 0, 6]] in blocks of 2×2.
    @Test func blocks() throws {
        let sparsity = Sparsity(
            order: [0, 1, 2, 3], blockAxes: [0, 1],
            levels: [
                .dense(size: 2), .compressed(segments: [0, 2, 3], indices: [0, 1, 1]), .dense(size: 2), .dense(size: 2),
            ])
        #expect(
            try dense(sparsity, [1, 0, 0, 4, 2, 3, 0, 0, 5, 0, 0, 6], [4, 4])
                == [1, 0, 2, 3, 0, 4, 0, 0, 0, 0, 5, 0, 0, 0, 0, 6])
    }

    @Test func elementsOfOneByte() throws {
        let sparsity = Sparsity(order: [0], blockAxes: [], levels: [.compressed(segments: [0, 2], indices: [1, 4])])
        let found = try sparsity.densified(TensorData([Int8(-3), 7]), type: .int8, sizes: [5])
        #expect(found.elements(as: Int8.self) == [0, -3, 0, 0, 7])
    }

    @Test(
        "Encodings that do not fit",
        arguments: [
            Sparsity(order: [], blockAxes: [], levels: []),
            Sparsity(order: [0, 0], blockAxes: [], levels: [.dense(size: 2), .dense(size: 2)]),
            Sparsity(order: [0, 1], blockAxes: [], levels: [.dense(size: 2)]),
            Sparsity(order: [0, 1], blockAxes: [], levels: [.dense(size: 2), .dense(size: 3)]),
            Sparsity(order: [0, 1], blockAxes: [], levels: [.dense(size: .max), .dense(size: .max)]),
            Sparsity(order: [0, 1], blockAxes: [], levels: [.dense(size: 2), .dense(size: -1)]),
            Sparsity(order: [0, 1, 2], blockAxes: [7], levels: [.dense(size: 2), .dense(size: 2), .dense(size: 2)]),
            Sparsity(order: [0, 1, 2], blockAxes: [0], levels: [.dense(size: 2), .dense(size: 2), .dense(size: 0)]),
            Sparsity(
                order: [0, 1], blockAxes: [],
                levels: [.dense(size: 2), .compressed(segments: [0, 2], indices: [0, 1])]),
            Sparsity(
                order: [0, 1], blockAxes: [],
                levels: [.dense(size: 2), .compressed(segments: [0, 2, 9], indices: [0, 1])]),
            Sparsity(
                order: [0, 1], blockAxes: [],
                levels: [.dense(size: 2), .compressed(segments: [0, 2, -1], indices: [0, 1])]),
            Sparsity(
                order: [0, 1], blockAxes: [],
                levels: [.dense(size: 2), .compressed(segments: [0, 2, 2], indices: [0, 2])]),
            Sparsity(
                order: [0, 1], blockAxes: [],
                levels: [.dense(size: 2), .compressed(segments: [0, 1, 1], indices: [0, 1])]),
        ])
    func wrong(_ sparsity: Sparsity) {
        #expect(throws: GraphError.self) {
            try sparsity.densified(TensorData([Float(1), 2]), type: .float32, sizes: [2, 2])
        }
    }
}
