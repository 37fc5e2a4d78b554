import CKernels
import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How much memory plans and executions may take.
enum MemoryLimit {
    /// The machine's memory, and at most 8 GB: what a hostile shape asks for beyond that is refused.
    static let byteCount: Int = {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let page = sysconf(Int32(_SC_PAGESIZE))
        let most = 8 << 30
        guard pages > 0, page > 0 else { return most }
        return min(most, pages.multipliedReportingOverflow(by: page).partialValue)
    }()

    /// Memory aligned to a cache line, in large pages where it fills some: taking and reaching thousands of small ones takes
    /// longer than many a kernel.
    /// - Throws: `RuntimeError.outOfMemory` if there is not as much.
    static func allocate(_ byteCount: Int) throws(RuntimeError) -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        let isLarge = byteCount >= LargePage.byteCount
        guard byteCount >= 0, byteCount <= MemoryLimit.byteCount,
            posix_memalign(&memory, isLarge ? LargePage.byteCount : 64, max(byteCount, 64)) == 0, let memory
        else {
            throw RuntimeError(.outOfMemory, "\(byteCount) bytes of memory are not to be had")
        }
        if isLarge { LargePage.want(UnsafeMutableRawBufferPointer(start: memory, count: byteCount)) }
        return memory
    }
}

/// What a plan keeps for its kernels: parameters, packed weights, folded constants. Written while planning only.
final class Storage: @unchecked Sendable {
    private var blocks: [UnsafeMutableRawPointer] = []
    /// Large pages of which weights take their parts.
    private var region = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private static let regionByteCount = 2 * LargePage.byteCount
    /// Weights of so many bytes are worth a part of a region; larger ones would leave too much of it unused.
    private static let regionParts = (1 << 17)...(1 << 20)
    private(set) var byteCount = 0
    /// Whether weights and other constants are kept; without them a plan gives its figures and cannot run.
    let holdsConstants: Bool

    /// By what weights are packed after they are planned; nil if they are packed one by one.
    var packingPool: ThreadPool?
    /// Weights that are yet to be packed.
    private var waiting: [WaitingWeights] = []
    private var waitingByteCount = 0
    /// No more than so many bytes wait, for there is a copy of those that are in another order.
    private static let mostWaitingBytes = 32 << 20

    init(holdsConstants: Bool = true) { self.holdsConstants = holdsConstants }

    deinit {
        for block in blocks { free(block) }
    }

    /// Zeroed memory with readable slack behind it, which lives as long as the plan.
    /// - Throws: `RuntimeError.outOfMemory` if the plan would take more than the limit.
    func bytes(_ count: Int) throws(RuntimeError) -> UnsafeMutableRawPointer {
        let memory = try rawBytes(count)
        memset(memory, 0, count + Int(CK_SLACK))
        return memory
    }

    /// The same with anything in it.
    private func rawBytes(_ count: Int) throws(RuntimeError) -> UnsafeMutableRawPointer {
        guard count >= 0, count <= MemoryLimit.byteCount, byteCount + count <= MemoryLimit.byteCount else {
            throw RuntimeError(.outOfMemory, "the model's constants take more than \(MemoryLimit.byteCount) bytes")
        }
        let size = count + Int(CK_SLACK)
        byteCount += count
        guard Self.regionParts.contains(size) else {
            let memory = try MemoryLimit.allocate(size)
            blocks.append(memory)
            return memory
        }
        if region.count < size {
            let memory = try MemoryLimit.allocate(Self.regionByteCount)
            blocks.append(memory)
            region = UnsafeMutableRawBufferPointer(start: memory, count: Self.regionByteCount)
        }
        let part = UnsafeMutableRawBufferPointer(rebasing: region[..<size])
        region = UnsafeMutableRawBufferPointer(rebasing: region[min(region.count, (size + 63) & ~63)...])
        return part.baseAddress!
    }

    /// Zeroed memory for packed weights; nil where they are only counted.
    /// - Throws: `RuntimeError.outOfMemory` as `bytes` does.
    func weights(_ count: Int) throws(RuntimeError) -> UnsafeMutableRawPointer? {
        guard !holdsConstants else { return try bytes(count) }
        guard count >= 0, count <= MemoryLimit.byteCount, byteCount + count <= MemoryLimit.byteCount else {
            throw RuntimeError(.outOfMemory, "the model's constants take more than \(MemoryLimit.byteCount) bytes")
        }
        byteCount += count
        return nil
    }

    /// Zeroed memory for as many elements as the product of `factors`.
    func elements<Element: BitwiseCopyable>(
        _ factors: Int..., of type: Element.Type = Element.self
    ) throws(RuntimeError) -> UnsafeMutablePointer<Element> {
        guard let count = Shape.elementCount(factors + [MemoryLayout<Element>.stride]) else {
            throw RuntimeError(.outOfMemory, "the model's constants take more memory than can be counted")
        }
        return try bytes(count).assumingMemoryBound(to: type)
    }

    func copy(_ data: TensorData) throws(RuntimeError) -> UnsafeMutableRawPointer {
        guard let memory = try weights(data.byteCount) else { return try bytes(0) }
        data.withUnsafeBytes { source in
            if let base = source.baseAddress { memcpy(memory, base, source.count) }
        }
        return memory
    }

    func parameters<Parameters: BitwiseCopyable>(_ value: Parameters) throws(RuntimeError) -> UnsafeRawPointer {
        let memory = try bytes(MemoryLayout<Parameters>.stride)
        memory.storeBytes(of: value, as: Parameters.self)
        return UnsafeRawPointer(memory)
    }
}

extension Storage {
    /// Weights that threads pack side by side when everything else is planned.
    private struct WaitingWeights: @unchecked Sendable {
        var weights: TensorData
        var packing: ck_packing
        var memory: UnsafeMutableRawPointer
        var byteCount: Int

        func pack() {
            memset(memory, 0, byteCount + Int(CK_SLACK))
            var packing = packing
            weights.withUnsafeBytes { ck_pack_linear(&packing, $0.baseAddress, memory) }
        }
    }

    /// Memory for weights that `packWaiting` will fill; nil where weights do not wait.
    /// - Throws: `RuntimeError.outOfMemory` as `bytes` does.
    func memory(
        for weights: TensorData, _ packing: ck_packing, _ byteCount: Int
    ) throws(RuntimeError) -> UnsafeRawPointer? {
        guard packingPool != nil, holdsConstants else { return nil }
        let memory = try rawBytes(byteCount)
        waiting.append(WaitingWeights(weights: weights, packing: packing, memory: memory, byteCount: byteCount))
        waitingByteCount += byteCount
        if waitingByteCount > Self.mostWaitingBytes { packWaiting() }
        return UnsafeRawPointer(memory)
    }

    /// Packs what waits, before anything reads it.
    func packWaiting() {
        let jobs = waiting
        waiting = []
        waitingByteCount = 0
        if let pool = packingPool {
            pool.forEach(costs: jobs.map(\.byteCount)) { index, _ in jobs[index].pack() }
        } else {
            for job in jobs { job.pack() }
        }
    }
}
