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
        let empty = Spread(ranges: [:], means: values)
        let sums = try forEachSample(stage: "observing means", initial: empty) { $0.observe($1, $2) }
        return Spread.merge(sums, samples: samples.count).channelMeans
    }

    /// - Parameter means: the tensors whose channel means are wanted.
    package func observe(channelMeansOf means: Set<ValueID>) throws(PassError) -> CalibrationStatistics {
        guard samples.count > 0 else {
            throw PassError(.calibrationRequired, "the calibration set is empty")
        }
        let extremes = try forEachSample(stage: "observing ranges", initial: Extremes()) { $0.observe($1, $2) }
        var ranges: [ValueID: (Float, Float)] = [:]
        for partial in extremes {
            for (value, range) in partial.ranges {
                let known = ranges[value] ?? range
                ranges[value] = (min(known.0, range.0), max(known.1, range.1))
            }
        }
        let empty = Spread(ranges: ranges, means: means)
        let spreads = try forEachSample(stage: "observing distributions", initial: empty) { $0.observe($1, $2) }
        return Spread.merge(spreads, samples: samples.count)
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
            guard buffer.assumingMemoryBound(to: Float.self).allSatisfy(\.isFinite) else {
                throw PassError(
                    .invalidSample, "sample \(sample) of \(samples.summary) holds numbers that are not finite")
            }
        }
    }
}

/// The least and largest value of each tensor.
private struct Extremes: Sendable {
    var ranges: [ValueID: (Float, Float)] = [:]

    mutating func observe(_ tensor: TensorInfo, _ elements: UnsafeBufferPointer<Float>) {
        guard let (lower, upper) = ActivationHistogram.extremes(of: elements) else { return }
        let known = ranges[tensor.value] ?? (lower, upper)
        ranges[tensor.value] = (min(known.0, lower), max(known.1, upper))
    }
}

/// The distribution and the channel means of each tensor.
private struct Spread: Sendable {
    var histograms: [ValueID: ActivationHistogram]
    var sums: [ValueID: [Double]] = [:]
    var positions: [ValueID: Int] = [:]
    let wanted: Set<ValueID>

    init(ranges: [ValueID: (Float, Float)], means: Set<ValueID>) {
        histograms = ranges.mapValues { ActivationHistogram(minimum: $0.0, maximum: $0.1) }
        wanted = means
    }

    mutating func observe(_ info: TensorInfo, _ elements: UnsafeBufferPointer<Float>) {
        let value = info.value
        histograms[value]?.count(elements)
        guard wanted.contains(value), info.shape.indices.contains(info.channelAxis), info.shape[info.channelAxis] > 0
        else { return }
        let channels = info.shape[info.channelAxis]
        // How many elements of a channel stand side by side.
        let run = info.shape[(info.channelAxis + 1)...].reduce(1, *)
        sums[value, default: Array(repeating: 0, count: channels)].withUnsafeMutableBufferPointer { sums in
            var (channel, position) = (0, 0)
            for element in elements {
                if element.isFinite { sums[channel] += Double(element) }
                position += 1
                guard position == run else { continue }
                position = 0
                channel = channel + 1 == channels ? 0 : channel + 1
            }
        }
        positions[value, default: 0] += elements.count / channels
    }

    static func merge(_ shards: [Spread], samples: Int) -> CalibrationStatistics {
        var result = CalibrationStatistics()
        result.sampleCount = samples
        guard var total = shards.first else { return result }
        for shard in shards.dropFirst() {
            for (value, histogram) in shard.histograms { total.histograms[value]?.merge(histogram) }
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
