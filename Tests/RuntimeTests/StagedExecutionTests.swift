import ModelGraph
import Runtime
import Testing

/// Expected values: LiteRT 2.3.0 (reference kernels) and onnxruntime 1.31.1, by `Scripts/make-golden-staged`.
@Suite struct StagedExecutionTests {
    @Test func goldenValuesAreThere() { #expect(StagedGolden.all.count >= 18) }

    @Test(arguments: StagedGolden.all)
    func equalsTheEngines(_ golden: StagedGolden) throws {
        let model = try golden.read()
        let plan = try Plan(model, options: PlanOptions(for: model))
        for pool in [nil, ThreadPool(threads: 2)] {
            let execution = try Execution(plan, pool: pool, sharesAll: true)
            // The second time over the plans of all stages are there already, and the state begins anew.
            for _ in 0..<2 {
                for run in golden.runs {
                    try golden.run(execution, run)
                    expectOutputs(of: execution, run)
                }
                execution.resetState()
            }
        }
    }

    private func expectOutputs(of execution: Execution, _ run: StagedGolden.Run) {
        for (index, expected) in run.outputs.enumerated() {
            let info = execution.outputInfo(index)
            #expect(info.shape == expected.shape)
            #expect(info.type.rawValue == expected.type)
            let bytes = execution.withOutput(index) { Array($0) }
            let wanted = Array(StagedGolden.bytes(expected.data))
            guard info.type == .float32 else {
                #expect(bytes == wanted)
                continue
            }
            let (got, values) = (
                TensorData(bytes: bytes).elements(as: Float.self), TensorData(bytes: wanted).elements(as: Float.self)
            )
            #expect(got.count == values.count)
            for (a, b) in zip(got, values) { #expect(abs(a - b) <= 2e-5 * max(1, abs(b))) }
        }
    }

    /// Each value is seen once per run, with its shape as it was.
    @Test func observesActualShapes() throws {
        let golden = try StagedGolden.named("reshape by a fed shape")
        let execution = try Execution(try Plan(try golden.read()))
        for run in golden.runs {
            try golden.run(execution, run)
            var shapes: [String: [Int]] = [:]
            try execution.run { value, bytes in
                let info = try #require(execution.info(of: value))
                #expect(bytes.count == info.byteCount)
                #expect(shapes.updateValue(info.shape, forKey: info.name) == nil)
            }
            #expect(shapes["a"] == [2, 6])
            #expect(shapes["b"] == run.outputs[0].shape)
            #expect(shapes["y"] == run.outputs[0].shape)
        }
    }

    /// Executions of one plan on several threads share the plans of the stages.
    @Test func runsOnManyThreads() throws {
        let golden = try StagedGolden.named("a loop that stops")
        let plan = try Plan(try golden.read())
        let pool = ThreadPool(threads: 4)
        pool.forEach(16) { _, _ in
            do {
                let execution = try Execution(plan)
                for run in golden.runs {
                    try golden.run(execution, run)
                    expectOutputs(of: execution, run)
                }
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func staticModelsStayStatic() throws {
        #expect(try !Plan(try StagedGolden.named("composite").read()).isDynamic)
        #expect(try !Plan(try StagedGolden.named("functions").read()).isDynamic)
        #expect(try Plan(try StagedGolden.named("while").read()).isDynamic)
    }
}
