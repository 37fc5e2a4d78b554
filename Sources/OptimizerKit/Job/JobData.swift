import Evaluation
import Reporting
import Runtime
import Synchronization

/// The data sets of a job, opened before any work begins, so that a mistake in them costs no time.
struct JobData {
    let calibration: Dataset?
    let evaluation: Dataset?

    init(_ options: OptimizationOptions) throws {
        var preprocessing = Preprocessing(scale: options.scale, offset: options.offset)
        preprocessing.resize = options.resize.map { ($0.height, $0.width) }
        preprocessing.layout = Preprocessing.Layout(rawValue: options.layout.rawValue) ?? .automatic
        calibration = try options.calibration.map { path in
            try Dataset(path: path, preprocessing: preprocessing, limit: options.calibrationLimit)
        }
        evaluation = try options.evaluation.map { path in
            try Dataset(path: path, preprocessing: preprocessing)
        }
    }
}

/// Calibration samples that know whether a pass asked for them.
final class CalibrationSource: SampleSource {
    let samples: any SampleSource
    private let used = Atomic(false)

    init(_ samples: any SampleSource) { self.samples = samples }

    var count: Int { samples.count }
    var isSynthetic: Bool { samples.isSynthetic }
    var wasUsed: Bool { used.load(ordering: .relaxed) }
    var summary: String { samples.summary }

    func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
        used.store(true, ordering: .relaxed)
        try samples.load(sample: sample, into: buffers, as: tensors)
    }

    var entry: Report.Calibration {
        Report.Calibration(source: samples.summary, samples: samples.count, isSynthetic: samples.isSynthetic)
    }
}

/// The first samples of a source.
struct FirstSamples: SampleSource {
    let source: any SampleSource
    let count: Int

    init(_ source: any SampleSource, limit: Int) {
        self.source = source
        count = min(limit, source.count)
    }

    var isSynthetic: Bool { source.isSynthetic }
    var summary: String { count < source.count ? "the first \(count) of \(source.summary)" : source.summary }

    func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
        try source.load(sample: sample, into: buffers, as: tensors)
    }
}
