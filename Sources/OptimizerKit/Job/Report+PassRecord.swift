import Evaluation
import Optimization
import Reporting

extension Report {
    /// The passes' records as reports show them.
    ///
    /// - Parameter layerSNR: of the finished model's tensors, by name; told of a layer where a pass touched it last.
    static func passes(_ records: [PassRecord], layerSNR: [String: Double]) -> [Pass] {
        var remaining = layerSNR
        let passes = records.reversed().map { record in
            Pass(
                name: record.pass, seconds: record.seconds, constantBytesBefore: record.constantBytesBefore,
                constantBytesAfter: record.constantBytesAfter, patches: record.patches, notes: record.notes,
                layers: record.layers.map { layer($0, outputSNR: remaining.removeValue(forKey: $0.result)) })
        }
        return passes.reversed()
    }

    private static func layer(_ record: LayerRecord, outputSNR: Double?) -> Layer {
        Layer(
            name: record.name, operation: record.operation, weightBytesBefore: record.weightsBefore.byteCount,
            weightBytesAfter: record.weightsAfter.byteCount,
            weightGzipBytesBefore: record.weightsBefore.withUnsafeBytes { CompressedSize.gzip(of: $0) },
            weightGzipBytesAfter: record.weightsAfter.withUnsafeBytes { CompressedSize.gzip(of: $0) },
            sparsity: record.sparsity, range: record.range, weightSNR: record.weightSNR, outputSNR: outputSNR)
    }
}
