import Evaluation
import Optimization
import Reporting

extension Report {
    /// A pass's record as reports show it.
    static func pass(_ record: PassRecord) -> Pass {
        Pass(
            name: record.pass, seconds: record.seconds, constantBytesBefore: record.constantBytesBefore,
            constantBytesAfter: record.constantBytesAfter, patches: record.patches, notes: record.notes,
            layers: record.layers.map(layer))
    }

    private static func layer(_ record: LayerRecord) -> Layer {
        Layer(
            name: record.name, operation: record.operation, weightBytesBefore: record.weightsBefore.byteCount,
            weightBytesAfter: record.weightsAfter.byteCount,
            weightGzipBytesBefore: record.weightsBefore.withUnsafeBytes { CompressedSize.gzip(of: $0) },
            weightGzipBytesAfter: record.weightsAfter.withUnsafeBytes { CompressedSize.gzip(of: $0) },
            sparsity: record.sparsity, range: record.range, weightSNR: record.weightSNR)
    }
}
