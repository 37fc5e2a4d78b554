import ModelGraph
import Operators
import Runtime
import Synchronization

/// What a calibration set shows of the tensors of a float model.
package struct CalibrationStatistics: Sendable {
    package var histograms: [ValueID: ActivationHistogram] = [:]
    /// The mean of each channel over samples and positions, of the tensors asked for.
    package var channelMeans: [ValueID: [Double]] = [:]
    package var sampleCount = 0
    /// The ranges of the tensors, once they have been found.
    private var ranges: [ValueID: ActivationRange] = [:]

    /// Finds the best range of each tensor on the threads of a pool, ahead of those who ask for it.
    mutating func findRanges(_ pool: ThreadPool) {
        let values = Array(histograms)
        let found = Mutex<[ValueID: ActivationRange]>([:])
        pool.forEach(values.count) { index, _ in
            let range = values[index].value.leastErrorRange()
            found.withLock { $0[values[index].key] = range }
        }
        ranges = found.withLock { $0 }
    }

    /// The best range of a tensor's integers; nil if nothing was seen of it.
    func range(of value: ValueID, in graph: Graph, connections: GraphConnections) -> ActivationRange? {
        let seen = graph.clamped(value, connections: connections).flatMap { histograms[$0] == nil ? nil : $0 } ?? value
        return ranges[seen] ?? histograms[seen]?.leastErrorRange()
    }

    /// What was seen of a tensor: of one that only a clamp reads, what the clamp leaves, for what it cuts off needs no
    /// integers.
    func histogram(
        of value: ValueID, in graph: Graph, connections: GraphConnections
    ) -> ActivationHistogram? {
        graph.clamped(value, connections: connections).flatMap { histograms[$0] } ?? histograms[value]
    }
}

extension Graph {
    /// The result of the clamp that alone reads a value; nil if there is none.
    func clamped(_ value: ValueID, connections: GraphConnections) -> ValueID? {
        guard let reader = connections.soleConsumer(of: value), let unary = self[reader].operation as? Unary,
            unary.isClamp
        else { return nil }
        return self[reader].outputs.first
    }
}

/// Runs a float model on a calibration set and observes its tensors.
///
/// Threads take one sample after the other. What they count comes out the same in any order, and sums are added up in the
/// samples' order, so that the statistics don't depend on the number of threads.
package struct Calibrator {
    private let plan: Plan
    /// The same for several samples at once, where that is faster.
    private let batched: Plan?
    private let samples: any SampleSource
    private let pool: ThreadPool
    /// Takes the outputs of the first samples.
    private let record: OutputRecord?
    private let progress: @Sendable (PipelineProgress) -> Void
    /// Tensors of which a clamp's result tells all there is to know.
    private let clamped: Set<ValueID>
    /// What operators leave of tensors' elements, where that is an interval.
    private let bounds: [ValueID: (lower: Float, upper: Float)]

    /// - Parameter record: takes the outputs of the first samples, where they run one by one.
    /// - Throws: `PassError.cannotRun` if our core cannot run the model.
    package init(
        model: Model, samples: any SampleSource, pool: ThreadPool, record: OutputRecord? = nil,
        progress: @escaping @Sendable (PipelineProgress) -> Void
    ) throws(PassError) {
        do {
            var options = PlanOptions(for: model)
            options.joinsOperators = false
            options.joinsClamps = true
            plan = try Plan(model, options: options, pool: pool)
        } catch {
            throw PassError(
                .cannotRun, "the model cannot be run to observe its ranges",
                remedy: "--dynamic-range and --weight-only need no calibration", cause: error)
        }
        batched = samples.count >= 2 * Plan.usualBatch ? plan.profitablyBatched() : nil
        self.record = batched == nil && record?.takes(plan) == true ? record : nil
        self.samples = samples
        self.pool = pool
        self.progress = progress
        let graph = model.main
        let connections = GraphConnections(graph)
        clamped = Set(
            graph.valueIDs.filter { id in
                graph.clamped(id, connections: connections).map { graph[$0].type == .float32 } ?? false
            })
        bounds = Dictionary(
            uniqueKeysWithValues: graph.valueIDs.compactMap { id in
                let bounds = graph.bounds(of: id, connections: connections)
                return bounds.lower.isFinite && bounds.upper.isFinite ? (id, bounds) : nil
            })
    }

    /// The channel means alone, in one run over the samples.
    package func channelMeans(of values: Set<ValueID>) throws(PassError) -> [ValueID: [Double]] {
        try observe(stage: "observing means", means: values, histogramsOf: { _ in false }).channelMeans
    }

    /// - Parameter means: the tensors whose channel means are wanted.
    package func observe(channelMeansOf means: Set<ValueID>) throws(PassError) -> CalibrationStatistics {
        guard samples.count > 0 else {
            throw PassError(.calibrationRequired, "the calibration set is empty")
        }
        return try observe(stage: "observing ranges", means: means) { [clamped] in !clamped.contains($0) }
    }

    /// Runs all samples.
    private func observe(
        stage: String, means: Set<ValueID>, histogramsOf isCounted: @escaping @Sendable (ValueID) -> Bool
    ) throws(PassError) -> CalibrationStatistics {
        let batch = batched == nil ? 1 : Plan.usualBatch
        let batches = (samples.count + batch - 1) / batch
        let next = Atomic(0)
        let totals = Mutex(Totals())
        let failure = Mutex<(any Error)?>(nil)
        let isStopped = Atomic(false)
        let plans = (one: plan, many: batched)
        let samples = samples
        let bounds = bounds
        let record = record
        let progress = progress
        let total = samples.count
        pool.forEach(min(pool.threads, batches)) { _, _ in
            do {
                var observer = TensorObserver(samples: total, means: means, bounds: bounds, isCounted: isCounted)
                let one = try Execution(plans.one)
                let many = try plans.many.map { try Execution($0) }
                while !isStopped.load(ordering: .relaxed) {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < batches else { break }
                    let sample = index * batch
                    // Fewer than a batch come one by one.
                    let whole = total - sample >= batch
                    let count = min(batch, total - sample)
                    let turns = whole ? [sample..<(sample + count)] : (sample..<(sample + count)).map { $0..<($0 + 1) }
                    observer.begin(index)
                    for turn in turns {
                        let execution = turn.count == 1 ? one : many ?? one
                        try execution.withInputs { buffers in
                            for (place, sample) in turn.enumerated() {
                                let parts = buffers.map { $0.part(place, of: turn.count) }
                                try samples.load(sample: sample, into: parts, as: plans.one.inputs)
                                try Self.requireFinite(parts, plans.one.inputs, sample: sample, of: samples)
                            }
                        }
                        try execution.run(observingStored: { tensor, bytes in
                            guard tensor.type == .float32 else { return }
                            observer.observe(tensor, bytes.assumingMemoryBound(to: Float.self), samples: turn.count)
                        })
                        record?.keep(execution, sample: turn.lowerBound)
                    }
                    let sums = observer.takeSums()
                    let done = totals.withLock { totals in
                        totals.add(sums, of: index)
                        totals.samples += count
                        return totals.samples
                    }
                    progress(PipelineProgress(stage: stage, completed: done, total: total))
                }
                let histograms = observer.histograms
                totals.withLock { $0.add(histograms) }
            } catch {
                isStopped.store(true, ordering: .relaxed)
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) {
            throw PassError(.cannotRun, "a calibration sample cannot be run", cause: error)
        }
        return totals.withLock(\.statistics)
    }
}

extension Calibrator {
    /// - Throws: `PassError.invalidSample` if a real input holds something that is no finite number.
    private static func requireFinite(
        _ buffers: [UnsafeMutableRawBufferPointer], _ tensors: [TensorInfo], sample: Int, of samples: any SampleSource
    ) throws(PassError) {
        for (buffer, tensor) in zip(buffers, tensors) where tensor.type == .float32 {
            let elements = buffer.assumingMemoryBound(to: Float.self)
            guard
                TensorObservation.extremes(of: UnsafeBufferPointer(elements)) != nil
                    || elements.allSatisfy(\.isFinite)
            else {
                throw PassError(
                    .invalidSample, "sample \(sample) of \(samples.summary) holds numbers that are not finite")
            }
        }
    }
}

/// What all threads have seen together.
private struct Totals: Sendable {
    /// Samples that are done.
    var samples = 0
    private var histograms: [ValueID: ActivationHistogram] = [:]
    private var sums: [ValueID: TensorObserver.ChannelSums] = [:]
    /// Of batches that came before their turn.
    private var early: [Int: [ValueID: TensorObserver.ChannelSums]] = [:]
    private var next = 0

    /// Adds sums in the batches' order.
    mutating func add(_ sums: [ValueID: TensorObserver.ChannelSums], of batch: Int) {
        early[batch] = sums
        while let sums = early.removeValue(forKey: next) {
            for (value, added) in sums where self.sums[value]?.add(added) == nil { self.sums[value] = added }
            next += 1
        }
    }

    /// Adds counts, which come out the same in any order.
    mutating func add(_ histograms: [ValueID: ActivationHistogram]) {
        for (value, histogram) in histograms where self.histograms[value]?.merge(histogram) == nil {
            self.histograms[value] = histogram
        }
    }

    var statistics: CalibrationStatistics {
        var statistics = CalibrationStatistics()
        statistics.sampleCount = samples
        statistics.histograms = histograms
        statistics.channelMeans = sums.mapValues { $0.means }
        return statistics
    }
}
