import CKernels
import ModelGraph
import Operators

extension Lowering {
    /// Fills a tensor with one element.
    mutating func emitFill(_ y: Tensor, _ element: [UInt8], target: Operand? = nil, count: Int? = nil)
        throws(RuntimeError)
    {
        var parameters = ck_fill()
        parameters.count = count ?? y.count
        parameters.element_size = element.count
        guard element.count <= MemoryLayout.size(ofValue: parameters.pattern) else { throw unsupportedTypes() }
        withUnsafeMutableBytes(of: &parameters.pattern) { $0.copyBytes(from: element) }
        try emitChunks(
            kernel(.fill, "bytes"), parameters, operands: [target ?? .value(y.id)], count: parameters.count)
    }

    /// Real zero as y's type stores it.
    func realZero(_ y: Tensor) throws(RuntimeError) -> [UInt8] {
        let size = try elementSize(y)
        guard let quantization = y.quantization, [.int8, .uint8, .int16].contains(y.type),
            quantization.scales.count == 1
        else { return Array(repeating: 0, count: size) }
        let zeroPoint = try y.affineScale().zeroPoint
        return withUnsafeBytes(of: zeroPoint.littleEndian) { Array($0.prefix(size)) }
    }

    /// Takes each element of y from where it stands in x.
    ///
    /// - Parameters:
    ///   - places: for each axis of y, the position in the axis of x; -1 for the value.
    ///   - value: where one element is that stands for what x does not have.
    mutating func emitRemap(
        _ x: Tensor, places: [[Int]], value: Operand, target: Operand? = nil
    ) throws(RuntimeError) {
        let size = try elementSize(x)
        let sizes = places.map(\.count)
        guard let count = Shape.elementCount(sizes + [size]) else { throw unsupportedTypes() }
        if count == 0 { return }
        // The last axes that stay as they are go in one run.
        var rank = places.count
        while rank > 0, places[rank - 1].count == x.sizes[rank - 1],
            places[rank - 1].elementsEqual(0..<x.sizes[rank - 1])
        {
            rank -= 1
        }
        try requireRank(rank)
        let strides = x.strides
        let run = x.sizes[rank...].reduce(size, *)
        let spans = Self.spans(rank == 0 ? [0] : places[rank - 1], run: run)
        let table = try storage.elements(spans.count, of: ck_span.self)
        for (index, span) in spans.enumerated() { table[index] = span }
        var parameters = ck_remap()
        parameters.spans = UnsafePointer(table)
        parameters.span_count = spans.count
        parameters.row = (rank == 0 ? 1 : sizes[rank - 1]) * run
        parameters.element_size = size
        var tables: [Int] = []
        for axis in 0..<max(0, rank - 1) {
            let table = try storage.elements(places[axis].count, of: Int.self)
            for (position, place) in places[axis].enumerated() {
                table[position] = place < 0 ? -1 : place * strides[axis] * size
            }
            tables.append(Int(bitPattern: table))
        }
        parameters.rank = tables.count
        parameters.sizes = axisTuple(Array(sizes[..<tables.count]))
        withUnsafeMutableBytes(of: &parameters.places) { places in
            tables.withUnsafeBytes { places.copyMemory(from: $0) }
        }
        try emit(
            kernel(.remap, "bytes"), parameters, operands: [.value(x.id), value, target ?? .value(output.id)],
            units: sizes[..<tables.count].reduce(1, *), cost: spans.count + parameters.row / 16)
    }

    /// The fewest spans that hold these positions of an axis, each of `run` bytes; -1 for the repeated element.
    private static func spans(_ places: [Int], run: Int) -> [ck_span] {
        var spans: [ck_span] = []
        for place in places {
            let from = place < 0 ? -1 : place * run
            if let last = spans.last, from < 0 ? last.from < 0 : last.from >= 0 && last.from + last.bytes == from {
                spans[spans.count - 1].bytes += run
            } else {
                spans.append(ck_span(from: from, bytes: run))
            }
        }
        return spans
    }

    /// - Throws: `RuntimeError.outOfMemory` if tables of so many entries together, with what is made on the way to
    ///   them, take more memory than there should be for an operator's parameters.
    func requireTable(_ counts: [Int]) throws(RuntimeError) {
        var left = MemoryLimit.byteCount / 64
        for count in counts {
            guard (0...left).contains(count) else {
                throw RuntimeError(.outOfMemory, "a table of \(count) entries is too large", at: location)
            }
            left -= count
        }
    }

    /// One element as memory of the plan.
    func element(_ bytes: [UInt8]) throws(RuntimeError) -> Operand {
        .constant(UnsafeRawPointer(try storage.copy(TensorData(bytes: bytes))))
    }
}

extension Pad: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let values = try lowering.integers(1, "paddings")
        let amounts = try checked(at: lowering.location) { () throws(GraphError) in
            try Pad.amounts(values, rank: x.sizes.count)
        }
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        let isScaled = x.quantization != nil || y.quantization != nil
        if isScaled, x.type == .int8 || x.type == .uint8 { _ = try lowering.requireSameScale(x, y) }
        try lowering.requireTable(y.sizes)
        let places = zip(x.sizes, amounts).map { size, amount in
            Array(repeating: -1, count: amount.before) + Array(0..<size) + Array(repeating: -1, count: amount.after)
        }
        var value = try lowering.element(lowering.realZero(y))
        if let filling = lowering.optionalInput(2) {
            guard filling.type == y.type, filling.count == 1 else { throw lowering.unsupportedTypes() }
            value = .value(filling.id)
        }
        try lowering.emitRemap(x, places: places, value: value)
    }
}

extension GeneralPad: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        _ = try lowering.constant(1, "paddings")
        if lowering.optionalInput(3) != nil { _ = try lowering.constant(3, "axes") }
        try lowering.requireTable(y.sizes)
        let facts = lowering.inputs.map { $0?.facts }
        let places = try checked(at: lowering.location) { () throws(GraphError) -> [[Int]]? in
            guard let amounts = try amounts(from: facts) else { return nil }
            var places: [[Int]] = []
            for (size, amount) in zip(x.sizes, amounts) { places.append(try self.places(size: size, amount)) }
            return places
        }
        guard let places else { throw lowering.unsupportedTypes() }
        var value = try lowering.element(lowering.realZero(y))
        if let filling = lowering.optionalInput(2), mode == .constant {
            guard filling.type == y.type, filling.count == 1 else { throw lowering.unsupportedTypes() }
            value = .value(filling.id)
        }
        try lowering.emitRemap(x, places: places, value: value)
    }
}

extension CenterCropPad: Lowerable {
    /// An odd one is cut off, or added, behind.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        _ = try lowering.constant(1, "extents")
        try lowering.requireTable(y.sizes)
        let places = zip(x.sizes, y.sizes).map { size, wanted in
            let shift = size > wanted ? (size - wanted) / 2 : -((wanted - size) / 2)
            return (0..<wanted).map { (0..<size).contains($0 + shift) ? $0 + shift : -1 }
        }
        try lowering.emitRemap(x, places: places, value: lowering.element(lowering.realZero(y)))
    }
}

extension SpaceToBatch: Lowerable {
    /// Padding, then a permutation: batch (block y, block x, n), rows (y, block y), columns (x, block x), rest.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let (block, amounts) = (try lowering.integers(1, "blocks"), try lowering.integers(2, "paddings"))
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        try lowering.requireTable(x.sizes + amounts)
        var places = x.sizes.map { Array(0..<$0) }
        for axis in block.indices {
            places[axis + 1] =
                Array(repeating: -1, count: amounts[2 * axis]) + places[axis + 1]
                + Array(repeating: -1, count: amounts[2 * axis + 1])
        }
        var padded = x
        padded.sizes = places.map(\.count)
        guard let count = Shape.elementCount(padded.sizes), let bytes = x.type.byteCount(of: count) else {
            throw lowering.unsupportedTypes()
        }
        var source: Operand?
        if padded.sizes != x.sizes {
            let scratch = lowering.addScratch(bytes)
            try lowering.emitRemap(
                x, places: places, value: lowering.element(lowering.realZero(y)), target: scratch)
            source = scratch
        }
        let strides = padded.strides
        var sizes = block + [x.sizes[0]]
        var from = block.indices.map { strides[$0 + 1] } + [strides[0]]
        for (axis, size) in block.enumerated() {
            sizes.append(padded.sizes[axis + 1] / size)
            from.append(strides[axis + 1] * size)
        }
        sizes += padded.sizes[(block.count + 1)...]
        from += strides[(block.count + 1)...]
        try lowering.emitCopy(
            from: StridedView(padded, strides: from), to: StridedView(y, strides: sizes.denseStrides), sizes: sizes,
            source: source)
    }
}

extension BatchToSpace: Lowerable {
    /// The opposite permutation, then a slice.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let (block, crops) = (try lowering.integers(1, "blocks"), try lowering.integers(2, "crops"))
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        var whole = x
        whole.sizes[0] = y.sizes[0]
        for (axis, size) in block.enumerated() { whole.sizes[axis + 1] *= size }
        let (strides, dense) = (x.strides, whole.strides)
        // Loops over x: blocks, n, rows, columns, rest.
        var (sizes, from, to) = (block, [Int](), [Int]())
        var batches = x.sizes[0]
        for (axis, size) in block.enumerated() {
            batches /= size
            from.append(batches * strides[0])
            to.append(dense[axis + 1])
        }
        sizes.append(batches)
        from.append(strides[0])
        to.append(dense[0])
        for (axis, size) in block.enumerated() {
            sizes.append(x.sizes[axis + 1])
            from.append(strides[axis + 1])
            to.append(dense[axis + 1] * size)
        }
        sizes += x.sizes[(block.count + 1)...]
        from += strides[(block.count + 1)...]
        to += dense[(block.count + 1)...]
        guard whole.sizes != y.sizes else {
            return try lowering.emitCopy(
                from: StridedView(x, strides: from), to: StridedView(y, strides: to), sizes: sizes)
        }
        let scratch = lowering.addScratch(x.byteCount)
        try lowering.emitCopy(
            from: StridedView(x, strides: from), to: StridedView(whole, strides: to), sizes: sizes, target: scratch)
        let offset = block.indices.reduce(0) { $0 + crops[2 * $1] * dense[$1 + 1] }
        try lowering.emitCopy(
            from: StridedView(whole, offset: offset, strides: dense), to: StridedView(y), sizes: y.sizes,
            source: scratch)
    }
}

extension Array where Element == Int {
    /// The strides of a dense tensor of these extents.
    var denseStrides: [Int] {
        var strides = Array(repeating: 1, count: count)
        for axis in indices.reversed().dropFirst() { strides[axis] = strides[axis + 1] * self[axis + 1] }
        return strides
    }
}
