import Evaluation
import ModelGraph
import Optimization
import Reporting

extension Report {
    /// The passes' records as reports show them.
    ///
    /// - Parameters:
    ///   - graph: the main graph before the first of them.
    ///   - layerSNR: of the finished model's tensors, by name; told of a layer where a pass touched it last.
    static func passes(_ records: [PassRecord], from graph: Graph, layerSNR: [String: Double]) -> [Pass] {
        var lastPass: [String: Int] = [:]
        for (index, record) in records.enumerated() {
            for layer in record.layers { lastPass[layer.result] = index }
        }
        var compressed = graph.constantGzipByteCount
        return records.enumerated().map { index, record in
            let before = compressed
            // What changed nothing need not be compressed again.
            if !record.patches.isEmpty { compressed = record.graph.constantGzipByteCount }
            var pass = Pass(
                name: record.pass, seconds: record.seconds, constantBytesBefore: record.constantBytesBefore,
                constantBytesAfter: record.constantBytesAfter, patches: record.patches, notes: record.notes,
                layers: layers(record, layerSNR: layerSNR.filter { lastPass[$0.key] == index }))
            pass.constantGzipBytesBefore = before
            pass.constantGzipBytesAfter = compressed
            return pass
        }
    }

    private static func layers(_ record: PassRecord, layerSNR: [String: Double]) -> [Layer] {
        let graph = record.graph
        let connections = GraphConnections(graph)
        var groups: [String: LinearGroup] = [:]
        for group in LinearGroup.all(in: graph, connections: connections) {
            groups[graph.layerName(group.linear)] = group
        }
        return record.layers.map { layer in
            let group = groups[layer.name]
            return Layer(
                name: layer.name, operation: layer.operation, weightBytesBefore: layer.weightsBefore.byteCount,
                weightBytesAfter: layer.weightsAfter.byteCount,
                weightGzipBytesBefore: layer.weightsBefore.gzipByteCount,
                weightGzipBytesAfter: layer.weightsAfter.gzipByteCount, sparsity: layer.sparsity,
                weightScales: group.flatMap { scales(graph[$0.weights].quantization) },
                outputScales: group.flatMap { scales(graph[$0.output].quantization) }, range: layer.range,
                weightSNR: layer.weightSNR, outputSNR: layerSNR[layer.result])
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

extension Graph {
    fileprivate var constantGzipByteCount: Int {
        var seen: Set<TensorData.Identity> = []
        return valueIDs.reduce(0) { sum, id in
            guard let data = self[id].constant, seen.insert(data.identity).inserted else { return sum }
            return sum + data.gzipByteCount
        }
    }
}

extension TensorData {
    fileprivate var gzipByteCount: Int { withUnsafeBytes { CompressedSize.gzip(of: $0) } }
}
