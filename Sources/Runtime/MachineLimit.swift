import CKernels

/// Multiply-adds per second that a number of cores do at most: with the instructions of the fastest kernels, on registers.
package struct MachineLimit: Sendable {
    package var int8: Double
    package var float32: Double

    /// The best of several measurements, some 20 ms in all.
    ///
    /// - Parameter pool: its threads compute at the same time.
    /// - Throws: `RuntimeError.outOfMemory`.
    package init(pool: ThreadPool?) throws(RuntimeError) {
        int8 = try Self.measure("int8", pool)
        float32 = try Self.measure("float32", pool)
    }

    private static let measurements = 8
    /// Units of one thread and measurement: a millisecond or less.
    private static let units = 4000

    private static func measure(_ type: String, _ pool: ThreadPool?) throws(RuntimeError) -> Double {
        guard let kernel = ck_find_kernel(KernelFamily.limit.rawValue, type, ck_best_isa()) else { return 0 }
        let function = kernel.pointee.function
        let threads = pool?.threads ?? 1
        let storage = Storage()
        // An operand and a result for each thread, cache lines apart.
        let size = 4 * Int(CK_SLACK)
        let memory = Memory(base: try storage.bytes(size * threads))
        func compute(_ units: Int) {
            let body: @Sendable (Int, Int) -> Void = { part, _ in
                var buffers: [UnsafeMutableRawPointer?] = [
                    memory.base + part * size, memory.base + part * size + size / 2,
                ]
                function?(nil, &buffers, 0, units)
            }
            if let pool { pool.forEach(threads, body) } else { body(0, 0) }
        }
        var best = Duration.seconds(1)
        var units = Self.units
        for measurement in 0...measurements {
            let start = ContinuousClock.now
            compute(units)
            let time = start.duration(to: .now) / units
            // Where kernels are slow, less will do.
            if measurement == 0 {
                units = max(1, min(units, Int(Duration.milliseconds(2) / max(time, .nanoseconds(1)))))
            }
            best = min(best, time)
        }
        let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) * 1e-18
        return Double(threads * Int(CK_LIMIT_OPERATIONS)) / max(seconds, 1e-12)
    }

    private struct Memory: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
    }
}
