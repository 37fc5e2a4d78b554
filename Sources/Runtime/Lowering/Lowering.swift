import CKernels
import ModelGraph
import Operators

/// An operator that the runtime can turn into kernel calls.
protocol Lowerable: Operation {
    /// Emits the calls that compute the node's outputs.
    ///
    /// The operands passed the operator's type and shape rule; everything else that a kernel takes for granted is
    /// checked here.
    func lower(into lowering: inout Lowering) throws(RuntimeError)
}

/// The families of the kernel table.
enum KernelFamily: String, CaseIterable {
    case conv, depthwise, fullyConnected = "fully_connected", matmul, packColumns = "pack_columns", quantizeRows =
        "quantize_rows"
    case affineBinary = "affine_binary", affinePool = "affine_pool"
    case affineSoftmax = "affine_softmax"
    case averagePool = "average_pool", maxPool = "max_pool", binary, unary, reduce, softmax, quantize, dequantize
    case convert, arithmetic, compare, select, math, classify, fold, cumulate, hardmax
    case argExtremum = "arg_extremum", topK = "top_k"
    case quantizeLinear = "quantize_linear", dequantizeLinear = "dequantize_linear"
    case quantizedBinary = "quantized_binary", quantizedReduce = "quantized_reduce", table
    case softmax16 = "softmax_16", logSoftmax = "log_softmax"
    case resizeFixed = "resize_fixed"
    case padRows = "pad_rows", image
    case gather, gatherElements = "gather_elements", gatherND = "gather_nd"
    case scatterElements = "scatter_elements", scatterND = "scatter_nd", tensorScatter = "tensor_scatter"
    case remap, reverseSequence = "reverse_sequence", trilu, oneHot = "one_hot", updateSlice = "update_slice"
    case embedding, columnsToImage = "col2im"
    case copy, fill, resizeBilinear = "resize_bilinear"
    case recurrent, integerLSTM = "integer_lstm", rankFilter = "rank_filter", attention, linearAttention =
        "linear_attention", rotary, gatedUnit =
        "gated_unit"
    case normalize, l2Rows = "l2_rows", logSoftmaxLines = "log_softmax_lines", loss, update, dropout
    case dft, suppression, postProcess = "post_process", trees, ngrams, threshold
    case windowConv = "window_conv", windowPool = "window_pool", unpool
    case localResponse = "local_response", causalConv = "causal_conv", resample
    case gridSample = "grid_sample", affineGrid = "affine_grid", roiAlign = "roi_align", roiPool = "roi_pool"
    case deformConv = "deform_conv", matrixProduct = "matrix_product", einsum, determinant
    case gelu
    case layerNorm = "layer_norm"
    case affineWindowPool = "affine_window_pool"
    case limit
    case integerConv = "integer_conv"
    case integerMatmul = "integer_matmul"
    case dynamicQuantize = "dynamic_quantize"
}

/// Where a kernel finds one of its buffers.
enum Operand {
    case value(ValueID)
    /// Memory that lives for the node only.
    case scratch(Int)
    /// Memory of the plan.
    case constant(UnsafeRawPointer)
    /// Where the kernel reports numbers that it cannot use (`ck_status`).
    case status
    case none
}

/// One call of a kernel.
struct KernelCall {
    var function: ck_function
    var parameters: UnsafeRawPointer
    var operands: [Operand]
    /// How many independent units of work there are.
    var units: Int
    /// About how many picoseconds one unit takes on one core.
    var cost: Int
    /// Whether it computes with integers.
    var isInteger: Bool

    /// About how many picoseconds the call takes on one core.
    var time: Int { saturatingProduct(units, cost) }
}

/// One node while it is turned into kernel calls.
struct Lowering {
    /// As errors name the node.
    let location: String
    /// An operator that runs on another shape of the same elements may change the extents.
    var inputs: [Tensor?]
    var outputs: [Tensor]
    let storage: Storage
    let isa: ck_isa
    let numerics: Numerics
    private let demands: Demands

    var calls: [KernelCall] = []
    /// Bytes of each scratch buffer.
    private(set) var scratch: [Int] = []
    /// Whether the output has the bytes of operand 0, so that it may be the same memory.
    var forwardsInput = false
    /// Operands that are read element by element just before the output is written in the same place.
    var overwritableInputs: [Int] = []
    var multiplyAdds = 0
    /// Whether signed bytes are computed with as unsigned ones, where onnxruntime's arithmetic tells them apart.
    var countsAsUnsigned = false
    /// Whether unsigned bytes stand for signed ones, 128 less.
    var storesUnsigned = false

    init(
        location: String, inputs: [Tensor?], outputs: [Tensor], storage: Storage, isa: ck_isa, numerics: Numerics,
        demands: Demands = Demands()
    ) {
        self.location = location
        self.inputs = inputs
        self.outputs = outputs
        self.storage = storage
        self.isa = isa
        self.numerics = numerics
        self.demands = demands
    }

    /// - Throws: `RuntimeError.invalidModel` if the operand is left out.
    func input(_ index: Int) throws(RuntimeError) -> Tensor {
        guard index < inputs.count, let tensor = inputs[index] else {
            throw RuntimeError(.invalidModel, "operand \(index) is missing", at: location)
        }
        return tensor
    }

    func optionalInput(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }

    var output: Tensor { outputs[0] }

    /// The bytes of an operand that must be known before running.
    /// - Throws: `RuntimeError.computedOperand` if it is computed: the node is planned again when it is known.
    func constant(_ index: Int, _ role: String) throws(RuntimeError) -> TensorData {
        guard let constant = try input(index).constant else {
            demands.operands.insert(index)
            throw RuntimeError(.computedOperand, "\(role) are computed while running", at: location)
        }
        return constant
    }

    /// A constant int32 or int64 operand.
    func integers(_ index: Int, _ role: String) throws(RuntimeError) -> [Int] {
        let tensor = try input(index)
        let data = try constant(index, role)
        return tensor.type == .int64
            ? data.elements(as: Int64.self).map { Int($0) } : data.elements(as: Int32.self).map { Int($0) }
    }

    func unsupportedTypes() -> RuntimeError {
        let types = inputs.map { $0.map(\.type.rawValue) ?? "nothing" }.joined(separator: ", ")
        return RuntimeError(
            .unsupportedType, "there is no kernel for operands of type \(types) and a result of type \(output.type)",
            at: location)
    }

    mutating func addScratch(_ byteCount: Int) -> Operand {
        scratch.append(byteCount)
        return .scratch(scratch.count - 1)
    }

    func kernel(_ family: KernelFamily, _ type: String) throws(RuntimeError) -> ck_kernel {
        guard let kernel = ck_find_kernel(family.rawValue, type, isa) else { throw unsupportedTypes() }
        return kernel.pointee
    }

    /// - Parameter cost: about as many multiply-adds, or element operations, as one unit takes.
    mutating func emit<Parameters: BitwiseCopyable>(
        _ kernel: ck_kernel, _ parameters: Parameters, operands: [Operand], units: Int, cost: Int
    ) throws(RuntimeError) {
        calls.append(
            KernelCall(
                function: kernel.function, parameters: try storage.parameters(parameters), operands: operands,
                units: units, cost: saturatingProduct(max(cost, 1), kernel.picosecondsPerOperation),
                isInteger: kernel.isInteger))
    }

    /// Calls a kernel that goes over `count` elements in chunks.
    mutating func emitChunks<Parameters: BitwiseCopyable>(
        _ kernel: ck_kernel, _ parameters: Parameters, operands: [Operand], count: Int, cost: Int = 1
    ) throws(RuntimeError) {
        let chunk = Int(CK_CHUNK)
        try emit(
            kernel, parameters, operands: operands, units: (count + chunk - 1) / chunk,
            cost: chunk * cost)
    }
}

/// A product that stops at the largest number instead of overflowing.
/// - Precondition: no factor is negative.
func saturatingProduct(_ factors: Int...) -> Int {
    factors.reduce(1) { product, factor in
        let (result, overflow) = product.multipliedReportingOverflow(by: factor)
        return overflow ? .max : result
    }
}

/// Runs a type and shape rule with its errors as the runtime's.
func checked<Result>(
    at location: String, _ body: () throws(GraphError) -> Result
) throws(RuntimeError) -> Result {
    do throws(GraphError) {
        return try body()
    } catch {
        throw RuntimeError(
            error.code == .unsupported ? .unsupportedOperator : .invalidModel, error.message, at: location)
    }
}
