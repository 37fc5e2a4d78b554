/// The file format of a model.
package enum ModelFormat: String, Sendable {
    case tflite, onnx
}

/// A named entry point of a model: names for the operands and results of one graph.
package struct Signature: Sendable, Equatable {
    package struct Binding: Sendable, Equatable {
        package var name: String
        package var value: ValueID

        package init(name: String, value: ValueID) {
            self.name = name
            self.value = value
        }
    }

    package var key: String
    /// The index into `Model.graphs`.
    package var graph: Int
    package var inputs: [Binding]
    package var outputs: [Binding]

    package init(key: String, graph: Int, inputs: [Binding], outputs: [Binding]) {
        self.key = key
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// What a format keeps of the file that a model was read from, so that what no pass touched is written as it was read.
package protocol ModelSource: AnyObject, Sendable {
    var format: ModelFormat { get }
    var file: MappedFile { get }
}

/// A source whose file says which versions of which operator sets it uses.
package protocol OperatorSetSource: ModelSource {
    /// By domain; the standard operators' is empty.
    var operatorSets: [String: Int] { get }
}

/// A trained model: one main graph, and those that it calls.
package struct Model: Sendable {
    package var format: ModelFormat
    /// The main graph stands first. Graphs are never added or removed, so that operators can name them by index.
    package var graphs: [Graph]
    package var signatures: [Signature]
    /// nil for a model that was not read from a file.
    package var source: (any ModelSource)?

    package init(
        format: ModelFormat, graphs: [Graph], signatures: [Signature] = [], source: (any ModelSource)? = nil
    ) {
        self.format = format
        self.graphs = graphs
        self.signatures = signatures
        self.source = source
    }

    package var main: Graph {
        get { graphs[0] }
        set { graphs[0] = newValue }
    }

    /// The version of the standard operators that the model's file uses; nil where none is named.
    package var operatorSetVersion: Int? { (source as? any OperatorSetSource)?.operatorSets[""] }
}
