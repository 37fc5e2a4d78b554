import ModelGraph
import Runtime

/// What one thread sees of a model's tensors: their distributions, and the sums of their channels.
struct TensorObserver {
    private(set) var histograms: [ValueID: ActivationHistogram] = [:]
    private var sums: [ValueID: ChannelSums] = [:]
    /// The number of the batch that runs.
    private var batch = 0
    /// What is counted of one tensor.
    private var taken: [Float] = []
    private let samples: Int
    private let wanted: Set<ValueID>
    private let isCounted: @Sendable (ValueID) -> Bool

    /// The sum of each channel, and of how many elements.
    struct ChannelSums: Sendable {
        var sums: [Double]
        private var positions: Int

        init(_ sums: [Double], positions: Int) {
            self.sums = sums
            self.positions = positions
        }

        mutating func add(_ other: ChannelSums) {
            let count = min(sums.count, other.sums.count)
            sums.withUnsafeMutableBufferPointer { sums in
                other.sums.withUnsafeBufferPointer { other in
                    for channel in 0..<count { sums[channel] += other[channel] }
                }
            }
            positions += other.positions
        }

        var means: [Double] { sums.map { $0 / Double(max(1, positions)) } }
    }

    /// About how many values of a tensor are counted over all samples, as many as fit: the distribution of so many is that
    /// of all. Extremes and means are those of all values.
    private static let countLimit = 1 << 20

    /// - Parameters:
    ///   - samples: how many there are in all.
    ///   - means: the tensors whose channels are summed up.
    ///   - isCounted: the tensors whose distribution is wanted.
    init(samples: Int, means: Set<ValueID>, isCounted: @escaping @Sendable (ValueID) -> Bool) {
        self.samples = samples
        wanted = means
        self.isCounted = isCounted
    }

    /// Each batch counts other parts of the tensors.
    mutating func begin(_ batch: Int) { self.batch = batch }

    /// The sums since they were last taken.
    mutating func takeSums() -> [ValueID: ChannelSums] {
        defer { sums = [:] }
        return sums
    }

    /// - Parameter count: how many samples run at once.
    mutating func observe(_ tensor: TensorInfo, _ elements: UnsafeBufferPointer<Float>, samples count: Int = 1) {
        let value = tensor.value
        let isCounted = isCounted(value)
        var (channels, run) = (0, 0)
        if wanted.contains(value), tensor.shape.indices.contains(tensor.channelAxis) {
            channels = tensor.shape[tensor.channelAxis]
            // How many elements of a channel stand side by side.
            run = tensor.shape[(tensor.channelAxis + 1)...].reduce(1, *)
        }
        guard channels > 0 || isCounted, !elements.isEmpty else { return }
        let step = isCounted ? step(over: elements.count, of: count) : max(1, elements.count)
        let sampling = TensorObservation.Sampling(step: step, start: isCounted ? batch % step : elements.count)
        let room = sampling.limit(of: elements.count)
        if taken.count < room { taken = Array(repeating: 0, count: room) }
        var added = [Double](repeating: 0, count: channels)
        let (extremes, count) = taken.withUnsafeMutableBufferPointer { taken in
            added.withUnsafeMutableBufferPointer { added in
                TensorObservation.extremes(
                    of: elements, channels: max(channels, 1), run: max(run, 1), sums: added, taking: sampling,
                    into: taken)
            }
        }
        if channels > 0 {
            if extremes == nil { added = Self.finiteSums(of: elements, channels: channels, run: run) }
            let new = ChannelSums(added, positions: elements.count / channels)
            if sums[value]?.add(new) == nil { sums[value] = new }
        }
        guard isCounted else { return }
        guard let extremes else {
            // A tensor without any finite value has no distribution.
            if elements.contains(where: \.isFinite) {
                histograms[value, default: ActivationHistogram()].count(elements)
            }
            return
        }
        taken.withUnsafeBufferPointer { taken in
            histograms[value, default: ActivationHistogram()].count(
                UnsafeBufferPointer(rebasing: taken[..<count]), within: extremes)
        }
    }

    /// Of how many blocks one is counted: all channels and places get their turn, as blocks and step have no factor in
    /// common.
    func step(over count: Int, of samplesAtOnce: Int) -> Int {
        let blocks = max(1, count / TensorObservation.countedTogether)
        let (total, overflow) = (count / samplesAtOnce).multipliedReportingOverflow(by: samples)
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
}
