import CKernels
import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Memory in which a plan runs, one sample at a time. Nothing is allocated while a static model runs.
///
/// What a model keeps from run to run — variables — begins as zero with each execution, and int8 ones as real zero.
///
/// An execution belongs to one thread at a time; each thread that runs the plan has its own.
package final class Execution {
    package let plan: Plan
    /// What the executions of all stages and graphs share.
    let session: Session
    /// What the last run of a dynamic model made.
    var results: [RuntimeValue] = []
    /// What running told of the tensors of a dynamic model.
    var seen: [ValueID: TensorInfo] = [:]
    /// The threads that share one run: 1 where the model is too small to gain by more.
    package var threads: Int { pool?.threads ?? 1 }
    /// Whether a graph that calls itself is being run.
    var isBusy = false
    private let pool: ThreadPool?
    private let arena: UnsafeMutableRawPointer
    /// Where kernels report numbers that they cannot use.
    private let status: UnsafeMutablePointer<ck_status>
    /// All calls behind each other, where nothing moves them.
    private let calls: UnsafeMutableBufferPointer<Call>
    private let steps: [Step]
    private let operands: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let inputs: [UnsafeMutableRawBufferPointer]
    /// Brings what is stored in another order of axes into the model's.
    private let reorder: ck_function

    private struct Call: @unchecked Sendable {
        var function: ck_function
        var parameters: UnsafeRawPointer
        var operands: UnsafePointer<UnsafeMutableRawPointer?>
        var units: Int
        /// Into how many parts threads share the units; 1 for what is not worth sharing.
        var parts: Int
        /// How many parts each thread begins with; 0 if not all have as many.
        var partsPerThread: Int
        var step: Int

        /// The first unit of a part. All threads' parts together are as many units, or one more.
        func begin(of part: Int) -> Int {
            guard partsPerThread > 0 else { return Self.begin(of: part, among: parts, units) }
            let (thread, own) = part.quotientAndRemainder(dividingBy: partsPerThread)
            let threads = parts / partsPerThread
            let (quotient, remainder) = units.quotientAndRemainder(dividingBy: threads)
            guard thread < threads else { return units }
            return thread * quotient + min(thread, remainder)
                + Self.begin(of: own, among: partsPerThread, quotient + (thread < remainder ? 1 : 0))
        }

        /// The same for parts of one thread: behind an even number of units where there are enough, as some kernels do two
        /// rows at once.
        private static func begin(of part: Int, among parts: Int, _ units: Int) -> Int {
            let (quotient, remainder) = units.quotientAndRemainder(dividingBy: parts)
            let begin = part * quotient + min(part, remainder)
            return quotient > 1 && part < parts ? (begin + 1) & ~1 : begin
        }
    }

    private struct Step {
        /// As errors name it.
        var name: String
        var calls: Range<Int>
        var outputs: [(ValueID, UnsafeRawBufferPointer)]
    }

    /// - Parameters:
    ///   - pool: threads that share the work inside one sample; nil for none.
    ///   - sharesAll: whether they share what is too little to be worth it, too.
    /// - Throws: `RuntimeError.outOfMemory`.
    package convenience init(
        _ plan: Plan, pool: ThreadPool? = nil, sharesAll: Bool = false
    ) throws(RuntimeError) {
        try self.init(plan, Session(pool: pool, sharesAll: sharesAll))
    }

    init(_ plan: Plan, _ session: Session) throws(RuntimeError) {
        precondition(!plan.options.isForFigures, "a plan for figures holds no weights")
        guard let copy = ck_find_kernel(KernelFamily.copy.rawValue, "bytes", plan.options.isa) else {
            throw RuntimeError(.unsupportedType, "there is no kernel that copies bytes")
        }
        reorder = copy.pointee.function
        self.plan = plan
        self.session = session
        let size = plan.arenaByteCount + Int(CK_SLACK)
        let arena = try MemoryLimit.allocate(size)
        // Slack is read, though never used.
        memset(arena, 0, size)
        self.arena = arena
        let status = UnsafeMutablePointer<ck_status>.allocate(capacity: 1)
        status.initialize(to: ck_status())
        self.status = status
        func address(_ location: Location?) -> UnsafeMutableRawPointer? {
            switch location {
            case .arena(let offset): arena + offset
            case .constant(let box): UnsafeMutableRawPointer(mutating: box.pointer)
            case .status: UnsafeMutableRawPointer(status)
            case nil: nil
            }
        }
        func buffer(_ value: ValueID) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(
                start: address(plan.placement(of: value)), count: plan.info(of: value)?.byteCount ?? 0)
        }
        for info in plan.variables {
            let memory = buffer(info.value)
            if let base = memory.baseAddress { memset(base, info.initialByte, memory.count) }
        }
        let planned = plan.plannedSteps.flatMap(\.calls)
        let sharing = WorkSharing(planned, threads: session.pool?.threads ?? 1, sharesAll: session.sharesAll)
        let operands = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(
            capacity: max(1, planned.reduce(0) { $0 + $1.operands.count }))
        let calls = UnsafeMutableBufferPointer<Call>.allocate(capacity: planned.count)
        self.operands = operands
        self.calls = calls
        var nextOperand = operands
        var nextCall = 0
        pool = sharing.isWorthwhile ? session.pool : nil
        steps = plan.plannedSteps.enumerated().map { index, step in
            let firstCall = nextCall
            for call in step.calls {
                let first = nextOperand
                let parts = sharing.parts(of: call)
                for operand in call.operands {
                    nextOperand.initialize(to: address(operand))
                    nextOperand += 1
                }
                calls.initializeElement(
                    at: nextCall,
                    to: Call(
                        function: call.function, parameters: call.parameters, operands: first, units: call.units,
                        parts: parts, partsPerThread: sharing.partsPerThread(of: parts), step: index))
                nextCall += 1
            }
            return Step(
                name: step.info.name, calls: firstCall..<nextCall,
                outputs: step.info.outputs.map { ($0, UnsafeRawBufferPointer(buffer($0))) })
        }
        inputs = plan.inputs.map { buffer($0.value) }
    }

    /// Fills the tensor's memory.
    func store(_ data: TensorData, in info: TensorInfo) {
        guard case .arena? = plan.placement(of: info.value), let memory = address(of: info) else { return }
        data.withUnsafeBytes { source in
            if let base = source.baseAddress { memcpy(memory, base, min(source.count, info.byteCount)) }
        }
    }

    /// A copy of what the tensor holds.
    func contents(of info: TensorInfo) -> TensorData {
        guard let bytes = bytes(of: info) else { return TensorData(bytes: []) }
        return inModelOrder(info.value, bytes) { TensorData(bytes: Array($0)) }
    }

    deinit {
        operands.deallocate()
        calls.deallocate()
        status.deallocate()
        free(arena)
    }

    /// Gives access to the inputs' memory, in the graph's order. It is used for other tensors once the inputs have
    /// been read: fill all inputs before each run.
    package func withInputs<R>(_ body: ([UnsafeMutableRawBufferPointer]) throws -> R) rethrows -> R {
        try body(inputs)
    }

    /// - Throws: `RuntimeError.indexOutOfRange` if an operator reads an index that is none.
    package func run() throws(RuntimeError) {
        try runSteps()
        guard plan.isDynamic else { return }
        do {
            try runStages(observing: nil)
        } catch {
            throw (error as? RuntimeError) ?? RuntimeError(.invalidModel, "the model cannot be run", cause: error)
        }
    }

    /// Runs and calls `observing` for each graph input before the first step, and for each output of a step right
    /// behind it. `info(of:)` tells what it is.
    package func run(observing: (ValueID, UnsafeRawBufferPointer) throws -> Void) throws {
        for (info, buffer) in zip(plan.inputs, inputs) { try observing(info.value, UnsafeRawBufferPointer(buffer)) }
        try runSteps(observing: observing)
        guard plan.isDynamic else { return }
        try withoutActuallyEscaping(observing) { try runStages(observing: $0) }
    }

    /// The same with each tensor as it is stored: with its channels last, where the model may have them first.
    package func run(observingStored observing: (TensorInfo, UnsafeRawBufferPointer) throws -> Void) throws {
        for (info, buffer) in zip(plan.inputs, inputs) { try observing(info, UnsafeRawBufferPointer(buffer)) }
        status.pointee = ck_status()
        for step in steps {
            try runCalls(step.calls.lowerBound, step.calls.upperBound)
            for (value, bytes) in step.outputs {
                guard var info = info(of: value) else { continue }
                if let sizes = plan.movedSizes(of: value) { (info.shape, info.channelAxis) = (sizes, sizes.count - 1) }
                try observing(info, bytes)
            }
        }
        guard plan.isDynamic else { return }
        try withoutActuallyEscaping(observing) { observing in
            try runStages { value, bytes in
                if let info = self.info(of: value) { try observing(info, bytes) }
            }
        }
    }

    /// Runs and calls `finished` behind each step of the plan with its number; a dynamic model's later stages follow
    /// uncounted.
    package func run(finished: (Int) -> Void) throws {
        status.pointee = ck_status()
        for (index, step) in steps.enumerated() {
            try runCalls(step.calls.lowerBound, step.calls.upperBound)
            finished(index)
        }
        guard plan.isDynamic else { return }
        try runStages(observing: nil)
    }

    func runSteps() throws(RuntimeError) {
        status.pointee = ck_status()
        try runCalls(0, calls.count)
    }

    func runSteps(observing: (ValueID, UnsafeRawBufferPointer) throws -> Void) throws {
        status.pointee = ck_status()
        for step in steps {
            try runCalls(step.calls.lowerBound, step.calls.upperBound)
            for (value, bytes) in step.outputs { try inModelOrder(value, bytes) { try observing(value, $0) } }
        }
    }

    // A loop over a range may allocate where it is not optimized.
    private func runCalls(_ begin: Int, _ end: Int) throws(RuntimeError) {
        var index = begin
        while index < end {
            run(index)
            if status.pointee.failed != 0 { try status.pointee.check(at: steps[calls[index].step].name) }
            index += 1
        }
    }

    /// Forgets what the model kept from earlier runs.
    package func resetState() {
        session.resetState()
        for info in plan.variables {
            if let memory = address(of: info) { memset(memory, info.initialByte, info.byteCount) }
        }
    }

    /// Gives a tensor's elements in the order of the model's axes.
    private func inModelOrder<R>(
        _ value: ValueID, _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> R
    ) rethrows -> R {
        guard let sizes = plan.movedSizes(of: value), let count = Shape.elementCount(sizes), count > 0,
            let source = bytes.baseAddress
        else { return try body(bytes) }
        let (batch, channels, size) = (sizes[0], sizes[sizes.count - 1], bytes.count / count)
        let area = count / (batch * channels)
        return try withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 64) { target in
            guard let base = target.baseAddress else { return try body(bytes) }
            // y[n, channel, position] = x[n, position, channel]
            var copy = ck_copy()
            copy.rank = 2
            (copy.sizes.0, copy.sizes.1) = (batch, channels)
            (copy.x_strides.0, copy.x_strides.1) = (area * channels, 1)
            (copy.y_strides.0, copy.y_strides.1) = (channels * area, area)
            (copy.inner, copy.x_step, copy.y_step, copy.element_size) = (area, channels, 1, size)
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 2) { buffers in
                buffers.initializeElement(at: 0, to: UnsafeMutableRawPointer(mutating: source))
                buffers.initializeElement(at: 1, to: base)
                reorder(&copy, buffers.baseAddress, 0, batch * channels)
            }
            return try body(UnsafeRawBufferPointer(target))
        }
    }

    private func run(_ index: Int) {
        let call = calls[index]
        guard call.parts > 1, let pool, let context = calls.baseAddress else {
            call.function(call.parameters, call.operands, 0, call.units)
            return
        }
        pool.forEach(call.parts, UnsafeRawPointer(context + index)) { context, part, _ in
            // Units are independent, so that the split changes no bit of the result.
            let call = context.load(as: Call.self)
            call.function(call.parameters, call.operands, call.begin(of: part), call.begin(of: part + 1))
        }
    }

    /// What an output is: of a dynamic model, what the last run made.
    /// - Precondition: `index` is that of an output of the plan.
    package func outputInfo(_ index: Int) -> TensorInfo {
        var info = plan.outputs[index]
        if results.indices.contains(index), case .tensor(let tensor) = results[index] {
            (info.type, info.shape) = (tensor.type, tensor.sizes)
        }
        return info
    }

    /// What a tensor is: of a dynamic model, what the last run made.
    package func info(of value: ValueID) -> TensorInfo? { seen[value] ?? plan.info(of: value) }

    /// - Precondition: `index` is that of an output of the plan.
    package func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if results.indices.contains(index) {
            guard case .tensor(let tensor) = results[index] else {
                return try body(UnsafeRawBufferPointer(start: nil, count: 0))
            }
            return try tensor.data.withUntypedBytes(body)
        }
        let info = plan.outputs[index]
        return try body(bytes(of: info) ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// A copy of all outputs' bytes.
    package var outputBytes: [[UInt8]] { plan.outputs.indices.map { withOutput($0) { Array($0) } } }

    /// Reads a tensor when a run is over; nil if it is not part of the plan, or its memory has been used again. A plan
    /// with `keepsAllValues` holds all tensors.
    package func withTensor<R>(_ value: ValueID, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
        if let index = plan.outputs.firstIndex(where: { $0.value == value }), results.indices.contains(index) {
            return try withOutput(index, body)
        }
        guard plan.isReadableAfterRun(value), let info = plan.info(of: value), let bytes = bytes(of: info) else {
            return nil
        }
        return try inModelOrder(value, bytes, body)
    }

    private func bytes(of info: TensorInfo) -> UnsafeRawBufferPointer? {
        address(of: info).map { UnsafeRawBufferPointer(start: $0, count: info.byteCount) }
    }

    /// Where a tensor is, in the order in which it is stored. Only what is in the arena may be written to.
    private func address(of info: TensorInfo) -> UnsafeMutableRawPointer? {
        switch plan.placement(of: info.value) {
        case .arena(let offset): arena + offset
        case .constant(let box): UnsafeMutableRawPointer(mutating: box.pointer)
        case .status, nil: nil
        }
    }
}

extension ck_status {
    /// - Throws: `RuntimeError.indexOutOfRange` if a kernel has reported a number.
    func check(at location: String) throws(RuntimeError) {
        guard failed != 0 else { return }
        throw RuntimeError(.indexOutOfRange, "the index \(value) is out of range", at: location)
    }
}

extension TensorInfo {
    /// What all bytes of a variable are before the first run: LiteRT's rule.
    fileprivate var initialByte: Int32 {
        type == .int8 ? Int32(UInt8(truncatingIfNeeded: quantization?.zeroPoints.first ?? 0)) : 0
    }
}
