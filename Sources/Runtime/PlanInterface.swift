import ModelGraph
package final class Plan: Sendable {
    package init(_ model: Model, graph: Int = 0) throws(RuntimeError) {}
    package let inputs: [TensorInfo] = []
    package func info(of: ValueID) -> TensorInfo? { nil }
}
package final class Execution {
    package init(_ plan: Plan, pool: ThreadPool? = nil) throws(RuntimeError) {}
    package func withInputs<R>(_ body: ([UnsafeMutableRawBufferPointer]) throws -> R) rethrows -> R { try body([]) }
    package func run(observing: (ValueID, UnsafeRawBufferPointer) throws -> Void) throws {}
}
package final class ThreadPool: Sendable {
    package init(threads: Int) {}
    package func forEach(_ count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {}
}
