/// What of a plan's work threads share, when one sample runs by itself.
///
/// A call is shared if that wins more than handing it over costs, and a plan only if all of its calls together win
/// enough: the threads of a small model would be asleep whenever it runs.
struct WorkSharing {
    /// Threads that take part.
    private let threads: Int
    /// Whether anything is to be shared at all.
    let isWorthwhile: Bool
    private let sharesAll: Bool

    /// Picoseconds that a loop takes more than its work: a cache line's ways from core to core and back, and what the
    /// cores fetch of each other's results.
    private static let handOver = 400_000
    /// A part of a call should take as long, if it can: 4 µs.
    private static let leastPart = 4_000_000
    /// Picoseconds that a plan has to win, and the share of its time.
    private static let leastGain = 4_000_000
    private static let leastShare = 8
    /// What several parts for each thread are good for: threads that the system runs late, units that differ.
    private static let mostPartsPerThread = 4

    /// - Parameter sharesAll: whether calls are shared that are too small, too.
    init(_ calls: [PlannedCall], threads: Int, sharesAll: Bool = false) {
        self.threads = threads
        self.sharesAll = sharesAll
        guard threads > 1, !sharesAll else {
            isWorthwhile = threads > 1
            return
        }
        var total = 0
        var gain = 0
        for call in calls {
            total += call.time
            gain += max(0, Self.gain(of: call, threads: threads))
        }
        isWorthwhile = gain >= Self.leastGain && gain >= total / Self.leastShare
    }

    /// Into how many parts a call is split; 1 if it is not shared.
    func parts(of call: PlannedCall) -> Int {
        if sharesAll, threads > 1 { return max(1, min(call.units, threads * Self.mostPartsPerThread)) }
        guard isWorthwhile, Self.gain(of: call, threads: threads) > 0 else { return 1 }
        let parts = min(call.units, call.time / Self.leastPart, threads * Self.mostPartsPerThread)
        // Fewer than one for each thread would leave some idle; a number in between would leave some waiting.
        return max(min(threads, call.units), parts / threads * threads)
    }

    /// How many of so many parts each thread begins with; 0 if not all begin with as many.
    func partsPerThread(of parts: Int) -> Int { parts % threads == 0 ? parts / threads : 0 }

    /// What is won, in picoseconds; less than 0 if it is lost.
    private static func gain(of call: PlannedCall, threads: Int) -> Int {
        guard call.units > 1 else { return 0 }
        let longest = (call.units + threads - 1) / threads
        return min(saturatingProduct(call.units - longest, call.cost), PlannedCall.longestTime) - handOver
    }
}

extension PlannedCall {
    /// A quarter of a second: what takes longer is worth sharing anyway, and no sum of such times overflows.
    fileprivate static let longestTime = 1 << 38

    /// About how many picoseconds the call takes on one core.
    fileprivate var time: Int { min(saturatingProduct(units, cost), Self.longestTime) }
}
