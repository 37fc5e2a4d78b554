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
    private let bounds: [ValueID: (lower: Float, upper: Float)]
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
    /// of all.
    private static let countLimit = 1 << 18
    /// About how many values of each channel are summed up over all samples: their mean is that of all.
    private static let sumLimit = 1 << 13
    /// The parts of a sample that are summed up, at least.
    private static let leastParts = 4

    /// - Parameters:
    ///   - samples: how many there are in all.
    ///   - means: the tensors whose channels are summed up.
    ///   - bounds: what is known of tensors' elements. Where both bounds have been met, not all elements are looked at.
    ///   - isCounted: the tensors whose distribution is wanted.
    init(
        samples: Int, means: Set<ValueID>, bounds: [ValueID: (lower: Float, upper: Float)] = [:],
        isCounted: @escaping @Sendable (ValueID) -> Bool
    ) {
        self.samples = samples
        wanted = means
        self.bounds = bounds
        self.isCounted = isCounted
    }

    /// Each batch counts and sums up other parts of the tensors.
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
        var request = TensorObservation.Request(
            taking: .init(step: step, start: isCounted ? batch % step : elements.count))
        (request.channels, request.run) = (max(channels, 1), max(run, 1))
        if channels > 0 {
            let step = sumStep(over: elements.count / channels, of: count, parts: request.parts(of: elements.count))
            request.summing = .init(step: step, start: batch % step)
        }
        request.wantsExtremes = isCounted && !hasMetBounds(value)
        let room = request.taking.limit(of: elements.count)
        if taken.count < room { taken = Array(repeating: 0, count: room) }
        var added = [Double](repeating: 0, count: channels)
        let found = taken.withUnsafeMutableBufferPointer { taken in
            added.withUnsafeMutableBufferPointer { added in
                TensorObservation.observe(elements, request, sums: added, taken: taken)
            }
        }
        if channels > 0 {
            if !found.areSumsFinite { added = Self.finiteSums(of: elements, request) }
            let new = ChannelSums(added, positions: found.positions)
            if sums[value]?.add(new) == nil { sums[value] = new }
        }
        guard isCounted else { return }
        taken.withUnsafeBufferPointer { taken in
            let taken = UnsafeBufferPointer(rebasing: taken[..<found.taken])
            if let extremes = found.extremes {
                histograms[value, default: ActivationHistogram()].count(taken, within: extremes)
            } else {
                countFinite(taken, of: request.wantsExtremes ? elements : taken, value)
            }
        }
    }

    /// - Parameter elements: those of which the extremes are wanted.
    private mutating func countFinite(
        _ taken: UnsafeBufferPointer<Float>, of elements: UnsafeBufferPointer<Float>, _ value: ValueID
    ) {
        // A tensor without any finite value has no distribution.
        let finite = elements.lazy.filter(\.isFinite)
        guard let lower = finite.min(), let upper = finite.max() else { return }
        taken.filter(\.isFinite).withUnsafeBufferPointer {
            histograms[value, default: ActivationHistogram()].count($0, within: (lower, upper))
        }
    }

    /// Whether no element lies outside of what has been seen already.
    private func hasMetBounds(_ value: ValueID) -> Bool {
        guard let bounds = bounds[value], let seen = histograms[value] else { return false }
        return seen.minimum <= bounds.lower && seen.maximum >= bounds.upper
    }

    /// Of how many parts one is summed up. Each sample gives several from all over it, and all parts get their turn, equally
    /// often where the number of batches allows.
    ///
    /// - Parameters:
    ///   - positions: elements of each channel.
    ///   - parts: into which they are divided.
    func sumStep(over positions: Int, of samplesAtOnce: Int, parts: Int) -> Int {
        let (total, overflow) = (positions / samplesAtOnce).multipliedReportingOverflow(by: samples)
        let batches = (samples + samplesAtOnce - 1) / samplesAtOnce
        let most = max(1, min(parts / Self.leastParts, batches, overflow ? parts : total / Self.sumLimit))
        return stride(from: most, to: most / 2, by: -1).first { batches.isMultiple(of: $0) } ?? most
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
    private static func finiteSums(
        of elements: UnsafeBufferPointer<Float>, _ request: TensorObservation.Request
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: request.channels)
        for part in request.summedParts(of: elements.count) {
            for index in part where elements[index].isFinite {
                sums[index / request.run % request.channels] += Double(elements[index])
            }
        }
        return sums
    }
}
