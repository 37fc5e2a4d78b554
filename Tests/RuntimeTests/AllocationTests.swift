import CAllocations
import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import Synchronization
import TFLiteFormat
import Testing

/// Nothing is allocated while a static model runs: counted where the C library asks for memory, on every thread that runs it.
@Suite(.enabled(if: allocation_count() >= 0, "memory cannot be counted on this platform or under a sanitizer"))
struct AllocationTests {
    private static let plans: [(String, Plan)] = {
        var plans: [(String, Plan)] = []
        for golden in StagedGolden.all where ["composite", "functions"].contains(golden.name) {
            if let model = try? golden.read(), let plan = try? Plan(model) { plans.append((golden.name, plan)) }
        }
        let folder = ModelGolden.shared.appendingPathComponent("models")
        for name in [
            "resnet8.tflite", "resnet8_official_int8.tflite", "kws_dscnn_official_hybrid.tflite", "resnet8.onnx",
        ] {
            guard let file = try? MappedFile(path: folder.appendingPathComponent(name).path) else { continue }
            let model = name.hasSuffix("onnx") ? try? ONNXReader.read(file) : try? TFLiteReader.read(file)
            if let model, let plan = try? Plan(model, options: PlanOptions(for: model)) { plans.append((name, plan)) }
        }
        return plans
    }()

    @Test func countsAllocations() {
        let before = allocation_count()
        let memory = malloc(100)
        #expect(allocation_count() == before + 1)
        free(memory)
        let array = Array(repeating: Int.random(in: 0..<9), count: 1000)
        #expect(array.count == 1000)
        #expect(allocation_count() > before + 1)
    }

    @Test func runsWithoutAllocating() throws {
        #expect(Self.plans.count >= 2)
        for (name, plan) in Self.plans {
            let execution = try Execution(plan)
            try execution.run()
            let before = allocation_count()
            try execution.run()
            let after = allocation_count()
            #expect(after == before, "\(name)")
        }
    }

    @Test func runsOnThreadsWithoutAllocating() throws {
        let threads = 2
        let pool = ThreadPool(threads: threads)
        for (name, plan) in Self.plans {
            let execution = try Execution(plan, pool: pool, sharesAll: true)
            try execution.run()
            // What it takes to ask all threads is part of every count. A thread may do something for the first time in any
            // run, so the least of several counts: what each run allocates is in all of them.
            let own = (0..<5).map { _ in Self.count(pool, threads) {} }.min()
            let run = (0..<5).map { _ in Self.count(pool, threads) { try? execution.run() } }.min()
            #expect(run == own, "\(name)")
        }
    }

    /// How much all threads of a pool allocate meanwhile.
    private static func count(_ pool: ThreadPool, _ threads: Int, _ body: () -> Void) -> Int {
        let before = total(pool, threads)
        body()
        return total(pool, threads) - before
    }

    private static func total(_ pool: ThreadPool, _ threads: Int) -> Int {
        let arrived = Atomic(0)
        let sum = Atomic(0)
        pool.forEach(threads) { _, _ in
            // Nobody takes a second part before everybody has one.
            arrived.add(1, ordering: .sequentiallyConsistent)
            while arrived.load(ordering: .sequentiallyConsistent) < threads { sched_yield() }
            sum.add(allocation_count(), ordering: .sequentiallyConsistent)
        }
        return sum.load(ordering: .sequentiallyConsistent)
    }
}
