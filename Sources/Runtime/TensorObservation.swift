import CKernels

/// What calibration takes of a tensor's real numbers, at the speed of memory.
package enum TensorObservation {
    /// The extremes of an array; nil if it is empty or there are elements that are not finite.
    package static func extremes(
        of elements: UnsafeBufferPointer<Float>, on set: InstructionSet = .best
    ) -> (lower: Float, upper: Float)? {
        guard let base = elements.baseAddress else { return nil }
        var (lower, upper) = (Float.infinity, -Float.infinity)
        let isFinite = ck_observe(set.isa, base, 1, 1, elements.count, nil, &lower, &upper)
        return isFinite != 0 && lower <= upper ? (lower, upper) : nil
    }

    /// Whether the elements of an array of `Float`, which stands at any address, are all finite.
    package static func areFinite(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard UInt(bitPattern: bytes.baseAddress) % UInt(MemoryLayout<Float>.alignment) != 0 else {
            let elements = bytes.assumingMemoryBound(to: Float.self)
            return elements.isEmpty || extremes(of: elements) != nil
        }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: partLength) { part in
            let target = UnsafeMutableRawBufferPointer(part)
            return stride(from: 0, to: bytes.count, by: target.count).allSatisfy { start in
                let source = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + target.count, bytes.count)])
                target.copyMemory(from: source)
                return extremes(of: UnsafeBufferPointer(rebasing: part[..<(source.count / MemoryLayout<Float>.stride)]))
                    != nil
            }
        }
    }

    /// Every `step`-th one of several places, beginning with `start`.
    package struct Sampling: Sendable {
        package var step: Int
        package var start: Int

        package init(step: Int, start: Int) {
            precondition(step > 0 && start >= 0)
            (self.step, self.start) = (step, start)
        }

        /// No more elements than this are in blocks that are taken.
        package func limit(of count: Int) -> Int {
            let blocks = count / countedTogether + 1
            return (blocks / step + 1) * countedTogether
        }
    }

    /// What is wanted of a tensor of elements [outer, channels, run].
    package struct Request: Sendable {
        package var channels = 1
        package var run = 1
        /// The parts, as `parts(of:)` counts them, that go into the sums of their channels.
        package var summing = Sampling(step: 1, start: 0)
        /// The blocks of `countedTogether` elements that are copied for counting, while they are at hand.
        package var taking: Sampling
        /// Whether extremes are those of all elements; else of those that are summed up or taken.
        package var wantsExtremes = true

        package init(taking: Sampling) { self.taking = taking }

        /// Elements of a part. Parts end where sums in single precision do, so that the sums of all of them are the same as
        /// those of the whole; they are no larger, so that those of one sample come from many places.
        fileprivate func partLength(of count: Int, areSummed: Bool) -> Int {
            guard areSummed else { return TensorObservation.partLength }
            guard run == 1 else { return max(1, count) }
            return (channels < 16 ? 1024 : 64) * channels
        }

        /// Into how many parts so many elements are divided for summing.
        package func parts(of count: Int) -> Int {
            let length = partLength(of: count, areSummed: true)
            return (count + length - 1) / length
        }

        /// The elements of those that are summed up.
        package func summedParts(of count: Int) -> [Range<Int>] {
            let (length, line) = (partLength(of: count, areSummed: true), channels * run)
            let whole = count / line * line
            return stride(from: summing.start * length, to: whole, by: summing.step * length).map {
                $0..<min($0 + length, whole)
            }
        }
    }

    /// What was found in a tensor.
    package struct Findings: Sendable {
        /// nil if there are elements among those looked at that are not finite.
        package var extremes: (lower: Float, upper: Float)?
        /// Whether those that were summed up are all finite; the sums hold nothing of use otherwise.
        package var areSumsFinite = true
        /// How many elements were taken.
        package var taken = 0
        /// How many elements of each channel were summed up.
        package var positions = 0
    }

    /// Looks at a tensor once for all that is wanted of it.
    ///
    /// - Parameters:
    ///   - sums: one for each channel; empty where none are wanted.
    ///   - taken: room for `request.taking.limit(of:)` elements.
    /// - Returns: the extremes, and how many elements were summed up and taken.
    package static func observe(
        _ elements: UnsafeBufferPointer<Float>, _ request: Request, sums: UnsafeMutableBufferPointer<Double>,
        taken: UnsafeMutableBufferPointer<Float>, on set: InstructionSet = .best
    ) -> Findings {
        let (channels, run) = (request.channels, request.run)
        var findings = Findings()
        guard let base = elements.baseAddress, let target = taken.baseAddress, channels > 0, run > 0 else {
            return findings
        }
        precondition(sums.isEmpty || sums.count == channels)
        precondition(taken.count >= request.taking.limit(of: elements.count))
        let line = sums.isEmpty ? 1 : channels * run
        let count = elements.count / line * line
        var (lower, upper) = (Float.infinity, -Float.infinity)
        var (isFinite, next) = (true, request.taking.start * countedTogether)
        let part = request.partLength(of: count, areSummed: !sums.isEmpty)
        var (begin, nextSum) = (0, sums.isEmpty ? count : request.summing.start * part)
        while begin < count {
            let length = min(part, count - begin)
            if begin == nextSum {
                let found = ck_observe(
                    set.isa, base + begin, length / line, channels, run, sums.baseAddress, &lower, &upper)
                findings.areSumsFinite = found != 0 && findings.areSumsFinite
                findings.positions += length / channels
                nextSum += request.summing.step * part
            } else if request.wantsExtremes {
                isFinite = ck_observe(set.isa, base + begin, 1, 1, length, nil, &lower, &upper) != 0 && isFinite
            }
            begin += length
            while next < begin {
                let block = min(countedTogether, elements.count - next)
                (target + findings.taken).update(from: base + next, count: block)
                findings.taken += block
                next += request.taking.step * countedTogether
            }
        }
        if !request.wantsExtremes {
            isFinite = ck_observe(set.isa, target, 1, 1, findings.taken, nil, &lower, &upper) != 0 && isFinite
        }
        if isFinite, findings.areSumsFinite, lower <= upper { findings.extremes = (lower, upper) }
        return findings
    }

    /// Elements that stay in a core's cache from one look to the next.
    private static let partLength = 1 << 14

    /// How many elements are taken side by side.
    package static let countedTogether = 64

    /// Counts elements in bins of a width of 1 / `factor` that meet at zero. Zeros are left out, and what lies beyond the bins
    /// is counted in the outermost.
    ///
    /// - Parameters:
    ///   - factor: finite, above 0.
    ///   - counts: as many as there are bins, and four more that may be used up.
    package static func count(
        _ elements: UnsafeBufferPointer<Float>, factor: Float, in counts: UnsafeMutableBufferPointer<UInt32>,
        on set: InstructionSet = .best
    ) {
        precondition(counts.count > 4)
        guard let base = elements.baseAddress else { return }
        ck_count(set.isa, base, elements.count, factor, counts.baseAddress, Int32(clamping: counts.count - 4))
    }
}
