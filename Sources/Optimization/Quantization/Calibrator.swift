import ModelGraph
import Runtime
import Synchronization

/// What a calibration set shows of the tensors of a float model.
package struct CalibrationStatistics: Sendable {
    package var histograms: [ValueID: ActivationHistogram] = [:]
    /// The mean of each channel over samples and positions, of the tensors asked for.
    package var channelMeans: [ValueID: [Double]] = [:]
    package var sampleCount = 0
}

/// Runs a float model on a calibration set and observes its tensors.
///
/// Samples are split into shards whose number does not depend on the number of threads, so that the statistics don't
/// either.
package struct Calibrator {
    private static let shardLimit = 16

    private let plan: Plan
    /// The same for several samples at once, where that is faster.
    private let batched: Plan?
    private let samples: any SampleSource
    private let pool: ThreadPool
    private let progress: @Sendable (PipelineProgress) -> Void

    /// - Throws: `PassError.cannotRun` if our core cannot run the model.
    package init(
        model: Model, samples: any SampleSource, pool: ThreadPool,
        progress: @escaping @Sendable (PipelineProgress) -> Void
    ) throws(PassError) {
        do {
            var options = PlanOptions(for: model)
            options.joinsOperators = false
            plan = try Plan(model, options: options)
        } catch {
            throw PassError(
                .cannotRun, "the model cannot be run to observe its ranges",
                remedy: "--dynamic-range and --weight-only need no calibration", cause: error)
        }
        batched = samples.count >= 2 * Plan.usualBatch ? plan.profitablyBatched() : nil
        self.samples = samples
        self.pool = pool
        self.progress = progress
    }

    /// The channel means alone, in one run over the samples.
    package func channelMeans(of values: Set<ValueID>) throws(PassError) -> [ValueID: [Double]] {
        let empty = Observations(samples: samples.count, means: values, countsValues: false)
        let sums = try forEachSample(stage: "observing means", initial: empty) { $0.observe($1, $2) }
        return Observations.merge(sums).channelMeans
    }

    /// - Parameter means: the tensors whose channel means are wanted.
    package func observe(channelMeansOf means: Set<ValueID>) throws(PassError) -> CalibrationStatistics {
        guard samples.count > 0 else {
            throw PassError(.calibrationRequired, "the calibration set is empty")
        }
        let empty = Observations(samples: samples.count, means: means, countsValues: true)
        return Observations.merge(try forEachSample(stage: "observing ranges", initial: empty) { $0.observe($1, $2) })
    }

    /// Runs all samples; each shard folds what it sees into its own state.
    /// - Returns: the shards' states, in order.
    private func forEachSample<State: Sendable>(
        stage: String, initial: State,
        body: @escaping @Sendable (inout State, TensorInfo, UnsafeBufferPointer<Float>) -> Void
    ) throws(PassError) -> [State] {
        let batch = batched == nil ? 1 : Plan.usualBatch
        let batches = (samples.count + batch - 1) / batch
        let shards = min(Self.shardLimit, batches)
        let states = Mutex<[State?]>(Array(repeating: nil, count: shards))
        let failure = Mutex<(any Error)?>(nil)
        let completed = Mutex(0)
        let plans = (one: plan, many: batched)
        let samples = samples
        let progress = progress
        let total = samples.count
        pool.forEach(shards) { shard, _ in
            do {
                var state = initial
                let one = try Execution(plans.one)
                let many = try plans.many.map { try Execution($0) }
                var sample = batches * shard / shards * batch
                let end = min(total, batches * (shard + 1) / shards * batch)
                while sample < end {
                    if failure.withLock({ $0 != nil }) { return }
                    let count = end - sample < batch ? 1 : batch
                    let execution = count == 1 ? one : many ?? one
                    try execution.withInputs { buffers in
                        for index in 0..<count {
                            let parts = buffers.map { $0.part(index, of: count) }
                            try samples.load(sample: sample + index, into: parts, as: plans.one.inputs)
                            try Self.requireFinite(parts, plans.one.inputs, sample: sample + index, of: samples)
                        }
                    }
                    try execution.run { value, bytes in
                        guard let tensor = execution.info(of: value), tensor.type == .float32 else { return }
                        body(&state, tensor, bytes.assumingMemoryBound(to: Float.self))
                    }
                    sample += count
                    let done = completed.withLock { completed in
                        completed += count
                        return completed
                    }
                    progress(PipelineProgress(stage: stage, completed: done, total: total))
                }
                let result = state
                states.withLock { $0[shard] = result }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) {
            throw PassError(.cannotRun, "a calibration sample cannot be run", cause: error)
        }
        return states.withLock { $0.compactMap(\.self) }
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

/// The distribution and the channel means of each tensor.
private struct Observations: Sendable {
    private var histograms: [ValueID: ActivationHistogram] = [:]
    private var sums: [ValueID: [Double]] = [:]
    private var positions: [ValueID: Int] = [:]
    private var turns: [ValueID: Int] = [:]
    private let samples: Int
    private let wanted: Set<ValueID>
    private let countsValues: Bool

    /// About how many values of a tensor are counted over all samples, as many as fit: the distribution of so many is that
    /// of all. Extremes and means are those of all values.
    private static let countLimit = 1 << 21

    init(samples: Int, means: Set<ValueID>, countsValues: Bool) {
        self.samples = samples
        wanted = means
        self.countsValues = countsValues
    }

    mutating func observe(_ info: TensorInfo, _ elements: UnsafeBufferPointer<Float>) {
        let value = info.value
        var (channels, run) = (0, 0)
        if wanted.contains(value), info.shape.indices.contains(info.channelAxis) {
            channels = info.shape[info.channelAxis]
            // How many elements of a channel stand side by side.
            run = info.shape[(info.channelAxis + 1)...].reduce(1, *)
        }
        guard channels > 0 || countsValues, !elements.isEmpty else { return }
        var added = [Double](repeating: 0, count: channels)
        let extremes = added.withUnsafeMutableBufferPointer { added in
            TensorObservation.extremes(of: elements, channels: max(channels, 1), run: max(run, 1), sums: added)
        }
        if channels > 0 {
            if extremes == nil { added = Self.finiteSums(of: elements, channels: channels, run: run) }
            sums[value, default: Array(repeating: 0, count: channels)].withUnsafeMutableBufferPointer { sums in
                for channel in sums.indices { sums[channel] += added[channel] }
            }
            positions[value, default: 0] += elements.count / channels
        }
        guard countsValues else { return }
        guard let extremes else {
            // A tensor without any finite value has no distribution.
            if elements.contains(where: \.isFinite) {
                histograms[value, default: ActivationHistogram()].count(elements)
            }
            return
        }
        let step = step(over: elements.count)
        let turn = turns[value, default: 0]
        turns[value] = turn + 1
        histograms[value, default: ActivationHistogram()].count(
            elements, within: extremes, step: step, start: turn % step)
    }

    /// Of how many blocks one is counted: all channels and places get their turn, as blocks and step have no factor in
    /// common.
    private func step(over count: Int) -> Int {
        let blocks = max(1, count / TensorObservation.countedTogether)
        let (total, overflow) = count.multipliedReportingOverflow(by: samples)
        var step = min(blocks, overflow ? blocks : (total + Self.countLimit - 1) / Self.countLimit)
        while step > 1, Self.greatestDivisor(blocks, step) > 1 { step -= 1 }
        return max(1, step)
    }

    private static func greatestDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestDivisor(b, a % b) }

    /// The sums of the elements that are finite.
    private static func finiteSums(of elements: UnsafeBufferPointer<Float>, channels: Int, run: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: channels)
        for (index, element) in elements.enumerated() where element.isFinite {
            sums[index / run % channels] += Double(element)
        }
        return sums
    }

    static func merge(_ shards: [Observations]) -> CalibrationStatistics {
        var result = CalibrationStatistics()
        guard var total = shards.first else { return result }
        result.sampleCount = total.samples
        for shard in shards.dropFirst() {
            for (value, histogram) in shard.histograms {
                total.histograms[value, default: ActivationHistogram()].merge(histogram)
            }
            for (value, sums) in shard.sums {
                total.sums[value] = total.sums[value].map { zip($0, sums).map { $0 + $1 } } ?? sums
                total.positions[value, default: 0] += shard.positions[value] ?? 0
            }
        }
        result.histograms = total.histograms
        for (value, sums) in total.sums {
            let count = Double(max(1, total.positions[value] ?? 1))
            result.channelMeans[value] = sums.map { $0 / count }
        }
        return result
    }
}
