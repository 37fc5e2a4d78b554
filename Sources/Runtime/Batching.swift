import ModelGraph

extension Plan {
    /// Samples that are run at once where weights, not arithmetic, are what a sample waits for.
    package static let usualBatch = 16

    /// The same model for several samples at once, each one's part behind the other in every input and output.
    ///
    /// Files say that a batch is 1 more often than their operators need it to be. Whether more samples go through is
    /// tried: the plan must hold, its outputs must be as many times as large, and made-up samples must give the same
    /// results together as one by one — every bit of integers, real numbers up to the order of sums.
    ///
    /// - Parameter count: at least 2.
    /// - Returns: nil if the model does not run several samples at once, or keeps something from one run to the next.
    package func batched(by count: Int = usualBatch) -> Plan? {
        // Other integers are made up as zeros, and samples that are all the same tell nothing.
        guard count > 1, options.batch == 1, runsAreIndependent, !inputs.isEmpty,
            inputs.allSatisfy({ $0.shape.first == 1 && MadeUpInputs.varied.contains($0.type) })
        else { return nil }
        var options = options
        options.batch = count
        let context = Program.Context(program.context.model, graph: program.context.graph, options: options)
        guard let program = try? Program(context.root, context, depth: 0),
            let plan = try? Plan(program, order: program.graph.order, known: nil, outputs: program.graph.outputs),
            !plan.isDynamic, plan.fits(count, of: self), (try? plan.agrees(with: self, count)) == true
        else { return nil }
        return plan
    }

    /// The same if it is faster that way: dense layers read every weight for each sample, and it is them that take the
    /// time.
    package func profitablyBatched() -> Plan? {
        let dense = steps.filter { Self.denseOperations.contains($0.operation) }
            .reduce(0) { $0.addingReportingOverflow($1.multiplyAdds).partialValue }
        return dense > multiplyAdds / 2 ? batched() : nil
    }

    private static let denseOperations: Set = ["FullyConnected", "Gemm", "MatrixMultiplication"]

    private func fits(_ count: Int, of single: Plan) -> Bool {
        zip(inputs + outputs, single.inputs + single.outputs).allSatisfy { many, one in
            many.type == one.type && many.shape.first == count && one.shape.first == 1
                && many.shape.dropFirst() == one.shape.dropFirst()
        }
    }

    /// Relative to the largest value of an output.
    private static let tolerance: Float = 1e-5

    private func agrees(with single: Plan, _ count: Int) throws -> Bool {
        let (together, alone) = (try Execution(self), try Execution(single))
        var numbers = MadeUpInputs()
        together.withInputs { buffers in
            for (buffer, tensor) in zip(buffers, inputs) { numbers.fill(buffer, as: tensor) }
        }
        // A run uses the inputs' memory for other things.
        let samples = together.withInputs { $0.map { Array($0) } }
        try together.run()
        // Results that are all the same would agree as well if samples were mixed.
        var first: [[UInt8]] = []
        var isVaried = false
        for sample in 0..<count {
            alone.withInputs { buffers in
                for (buffer, bytes) in zip(buffers, samples) {
                    bytes.withUnsafeBytes { buffer.copyMemory(from: $0.part(sample, of: count)) }
                }
            }
            try alone.run()
            let results = alone.outputBytes
            if sample == 0 { first = results } else if results != first { isVaried = true }
            for (index, output) in outputs.enumerated() {
                let agrees = together.withOutput(index) { many in
                    alone.withOutput(index) { one in
                        let part = many.part(sample, of: count)
                        return output.type == .float32 ? Self.isClose(part, one) : part.elementsEqual(one)
                    }
                }
                guard agrees else { return false }
            }
        }
        return isVaried
    }

    private static func isClose(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        let (a, b) = (a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self))
        guard a.count == b.count else { return false }
        let largest = b.reduce(0) { max($0, abs($1)) }
        return zip(a, b).allSatisfy { $0 == $1 || abs($0 - $1) <= tolerance * largest }
    }
}

extension UnsafeRawBufferPointer {
    /// One of `count` equal parts.
    package func part(_ index: Int, of count: Int) -> UnsafeRawBufferPointer {
        let size = self.count / count
        return UnsafeRawBufferPointer(rebasing: self[(index * size)..<((index + 1) * size)])
    }
}

extension UnsafeMutableRawBufferPointer {
    /// One of `count` equal parts.
    package func part(_ index: Int, of count: Int) -> UnsafeMutableRawBufferPointer {
        let size = self.count / count
        return UnsafeMutableRawBufferPointer(rebasing: self[(index * size)..<((index + 1) * size)])
    }
}
