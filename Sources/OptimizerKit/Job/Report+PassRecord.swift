import Evaluation
import ModelGraph
import Optimization
import Reporting
import Runtime
import Synchronization

extension Report {
    /// The passes' records as reports show them.
    ///
    /// - Parameters:
    ///   - graph: the main graph before the first of them.
    ///   - layerSNR: of the finished model's tensors, by name; told of a layer where a pass touched it last.
    ///   - threads: what to measure sizes under gzip with; nil to leave them out.
    static func passes(
        _ records: [PassRecord], from graph: Graph, layerSNR: [String: Double], compressedBy threads: ThreadPool?
    ) -> [Pass] {
        let sizes = threads.map { CompressedSizes(of: [graph] + records.map(\.graph), $0) }
        var lastPass: [String: Int] = [:]
        for (index, record) in records.enumerated() {
            for layer in record.layers { lastPass[layer.result] = index }
        }
        var compressed = sizes?[graph]
        return records.enumerated().map { index, record in
            let before = compressed
            // What changed nothing need not be compressed again.
            if !record.patches.isEmpty { compressed = sizes?[record.graph] }
            var pass = Pass(
                name: record.pass, seconds: record.seconds, constantBytesBefore: record.constantBytesBefore,
                constantBytesAfter: record.constantBytesAfter, patches: record.patches, notes: record.notes,
                layers: layers(record, layerSNR: layerSNR.filter { lastPass[$0.key] == index }, sizes))
            pass.constantGzipBytesBefore = before
            pass.constantGzipBytesAfter = compressed
            return pass
        }
    }

    private static func layers(
        _ record: PassRecord, layerSNR: [String: Double], _ sizes: CompressedSizes?
    ) -> [Layer] {
        record.layers.map { layer in
            Layer(
                name: layer.name, operation: layer.operation, weightBytesBefore: layer.weightsBefore.byteCount,
                weightBytesAfter: layer.weightsAfter.byteCount,
                weightGzipBytesBefore: sizes?[layer.weightsBefore],
                weightGzipBytesAfter: sizes?[layer.weightsAfter], sparsity: layer.sparsity,
                weightScales: scales(layer.weightQuantization), outputScales: scales(layer.resultQuantization),
                range: layer.range, weightSNR: layer.weightSNR, outputSNR: layerSNR[layer.result])
        }
    }

    private static func scales(_ quantization: Quantization?) -> Scales? {
        guard let quantization, let smallest = quantization.scales.min(), let largest = quantization.scales.max(),
            let lowest = quantization.zeroPoints.min(), let highest = quantization.zeroPoints.max()
        else { return nil }
        return Scales(
            count: quantization.scales.count, smallest: Double(smallest), largest: Double(largest),
            zeroPoints: lowest...highest)
    }
}

/// Sizes of constants, each on its own as a gzip file; what several graphs share is compressed once.
private struct CompressedSizes {
    private let sizes: [TensorData.Identity: Int]

    init(of graphs: [Graph], _ threads: ThreadPool) {
        var seen: Set<TensorData.Identity> = []
        let constants = graphs.flatMap(\.constants).filter { seen.insert($0.identity).inserted }
        let sizes = Mutex<[TensorData.Identity: Int]>([:])
        threads.forEach(constants.count) { index, _ in
            let data = constants[index]
            let size = data.withUnsafeBytes { CompressedSize.gzip(of: $0) }
            data.release()
            sizes.withLock { $0[data.identity] = size }
        }
        self.sizes = sizes.withLock { $0 }
    }

    subscript(data: TensorData) -> Int? { sizes[data.identity] }

    /// The sum over a graph's constants, each counted once.
    subscript(graph: Graph) -> Int {
        var seen: Set<TensorData.Identity> = []
        return graph.constants.reduce(0) { seen.insert($1.identity).inserted ? $0 + (sizes[$1.identity] ?? 0) : $0 }
    }
}

extension Graph {
    fileprivate var constants: [TensorData] { valueIDs.compactMap { self[$0].constant } }
}
