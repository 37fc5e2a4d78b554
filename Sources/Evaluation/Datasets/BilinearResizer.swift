import ModelGraph
import Operators
import Runtime
import Synchronization

/// Resizes samples by linear interpolation: the ResizeBilinear operator with half-pixel centers, as `tf.image.resize`
/// does without antialiasing.
final class BilinearResizer: Sendable {
    private struct Key: Hashable {
        var shape: [Int]
        var height: Int
        var width: Int
    }

    /// Images of a folder mostly have few sizes.
    private let plans = Mutex<[Key: Plan]>([:])
    private static let planLimit = 64

    /// - Parameter shape: the sample's, [height, width, channels].
    /// - Returns: [size.height, size.width, channels].
    /// - Throws: `DatasetError` if the sample cannot be resized.
    func resize(_ values: [Float], shape: [Int], to size: ImageInput.Size) throws(DatasetError) -> [Float] {
        guard size.height > 0, size.width > 0, shape.allSatisfy({ $0 > 0 }) else {
            throw DatasetError(
                .mismatch, "samples of shape \(shape) cannot be resized to \(size.height) × \(size.width)")
        }
        do {
            let execution = try Execution(try plan(Key(shape: shape, height: size.height, width: size.width)))
            try execution.withInputs { buffers in
                try InputEncoding.store(
                    values, into: buffers[0],
                    as: TensorInfo(
                        value: ValueID(index: 0), name: "sample", type: .float32, shape: [1] + shape, quantization: nil)
                )
            }
            try execution.run()
            return execution.withOutput(0) { ArrayElement.float32.floats($0) }
        } catch {
            throw DatasetError(
                .unsupportedFormat, "samples of shape \(shape) cannot be resized to \(size.height) × \(size.width)",
                cause: error)
        }
    }

    private func plan(_ key: Key) throws -> Plan {
        if let plan = plans.withLock({ $0[key] }) { return plan }
        let plan = try Plan(Self.model(key))
        plans.withLock { plans in
            if plans.count >= Self.planLimit { plans.removeAll() }
            plans[key] = plan
        }
        return plan
    }

    private static func model(_ key: Key) -> Model {
        var graph = Graph(name: "resize")
        let input = graph.addValue(Value(name: "sample", type: .float32, shape: Shape([1] + key.shape)))
        let size = graph.addValue(
            Value(
                name: "size", type: .int32, shape: [2],
                constant: TensorData([Int32(clamping: key.height), Int32(clamping: key.width)])))
        let output = graph.addValue(
            Value(name: "resized", type: .float32, shape: Shape([1, key.height, key.width, key.shape[2]])))
        graph.addNode(Node(ResizeBilinear(usesHalfPixelCenters: true), inputs: [input, size], outputs: [output]))
        graph.setInterface(inputs: [input], outputs: [output])
        return Model(format: .tflite, graphs: [graph])
    }
}
