import ModelGraph
import Operators
import Runtime
import Testing

@Suite struct WorkSharingTests {
    private func plan(_ size: Int, _ channels: Int) throws -> Plan {
        let convolution = Convolution(strides: [1, 1], padding: .same)
        return try Plan(
            RandomGraph.linear(
                convolution, x: [1, size, size, channels], w: [channels, 3, 3, channels], axis: 0,
                y: [1, size, size, channels], .int8))
    }

    @Test func smallModelsStayOnOneThread() throws {
        let pool = ThreadPool(threads: 2)
        #expect(try Execution(plan(8, 8), pool: pool).threads == 1)
        #expect(try Execution(plan(8, 8), pool: pool, sharesAll: true).threads == pool.threads)
        #expect(try Execution(plan(64, 64), pool: pool).threads == pool.threads)
        #expect(try Execution(plan(64, 64)).threads == 1)
    }

    @Test func machineHasALimit() throws {
        let limit = try MachineLimit(pool: nil)
        #expect(limit.int8 > 0)
        #expect(limit.float32 > 0)
    }
}
