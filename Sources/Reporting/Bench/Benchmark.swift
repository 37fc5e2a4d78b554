/// How fast a model runs.
///
/// The JSON form has these names as its keys, sorted. Times are microseconds of one run.
package struct Benchmark: Sendable, Codable, Equatable {
    /// The version of the JSON form; raised when a field changes its meaning or goes away.
    package static let currentVersion = 1

    package var version = currentVersion
    package var file: Report.FileSummary
    /// Whose int8 arithmetic was followed.
    package var numerics: String
    /// The instruction set of the kernels.
    package var instructionSet: String
    /// That share one run: 1 where the model is too small to gain by more.
    package var threads: Int
    /// Samples that one run takes.
    package var batch: Int
    /// Of one run, of the operators that have any.
    package var multiplyAdds: Int
    package var latency: Times
    /// How many runs were measured.
    package var runs: Int
    /// Samples a second where each thread has its own.
    package var throughput: Throughput?
    /// What the machine's arithmetic allows; nil without multiply-adds.
    package var limit: Limit?
    /// In running order; empty unless asked for. Each is measured by itself, which adds to its time.
    package var layers: [Layer] = []

    package init(
        file: Report.FileSummary, numerics: String, instructionSet: String, threads: Int, batch: Int,
        multiplyAdds: Int, latency: Times, runs: Int
    ) {
        self.file = file
        self.numerics = numerics
        self.instructionSet = instructionSet
        self.threads = threads
        self.batch = batch
        self.multiplyAdds = multiplyAdds
        self.latency = latency
        self.runs = runs
    }

    /// How times of the same thing are spread.
    package struct Times: Sendable, Codable, Equatable {
        package var median: Double
        package var minimum: Double
        /// Nine of ten took no longer.
        package var ninthDecile: Double

        /// - Parameter times: in any order; none counts as 0.
        package init(_ times: [Double]) {
            let sorted = times.sorted()
            median = sorted.isEmpty ? 0 : (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
            minimum = sorted.first ?? 0
            ninthDecile = sorted.isEmpty ? 0 : sorted[(sorted.count - 1) * 9 / 10]
        }
    }

    /// How many samples are done when all threads have some.
    package struct Throughput: Sendable, Codable, Equatable {
        package var samplesPerSecond: Double
        package var threads: Int
        /// Samples that each thread takes at once.
        package var batch: Int

        package init(samplesPerSecond: Double, threads: Int, batch: Int) {
            self.samplesPerSecond = samplesPerSecond
            self.threads = threads
            self.batch = batch
        }
    }

    /// The multiply-adds that the threads of a run do at most, on registers alone, and how near it comes.
    package struct Limit: Sendable, Codable, Equatable {
        /// Of what most multiply-adds are.
        package var type: String
        package var multiplyAddsPerSecond: Double
        /// The time at the limit by the median, in 0…1.
        package var share: Double

        package init(type: String, multiplyAddsPerSecond: Double, share: Double) {
            self.type = type
            self.multiplyAddsPerSecond = multiplyAddsPerSecond
            self.share = share
        }
    }

    /// One operator.
    package struct Layer: Sendable, Codable, Equatable {
        package var operation: String
        /// The name of its first result.
        package var name: String
        package var multiplyAdds: Int
        package var time: Times
        /// nil without multiply-adds.
        package var limit: Limit?

        package init(operation: String, name: String, multiplyAdds: Int, time: Times) {
            self.operation = operation
            self.name = name
            self.multiplyAdds = multiplyAdds
            self.time = time
        }
    }
}
