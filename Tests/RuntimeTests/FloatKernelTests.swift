import CKernels
import Foundation
import Runtime
import Testing

/// The kernels of floats that go over elements, rows and windows, on every instruction set.
@Suite struct FloatKernelTests {
    static let variants = InstructionSet.allCases.filter {
        $0.isAvailable && $0.rawValue <= InstructionSet.best.rawValue
    }

    static let sizes = [1, 2, 3, 15, 16, 17, 63, 64, 65, 130]

    /// Floats with as much memory behind them as kernels may read.
    private static func random(_ count: Int, _ range: ClosedRange<Float> = -3...3, seed: UInt64 = 1) -> [Float] {
        var generator = Generator(state: seed)
        return (0..<count).map { _ in .random(in: range, using: &generator) }
    }

    /// Calls a kernel for all units and returns `count` elements of the buffer that is nil.
    private static func run<Parameters>(
        _ family: String, _ set: InstructionSet, _ parameters: Parameters, _ buffers: [[Float]?], count: Int, units: Int
    ) throws -> [Float] {
        let kernel = try #require(ck_find_kernel(family, "float32", ck_isa(rawValue: set.rawValue)))
        let slack = Int(CK_SLACK) / 4
        var result: [Float] = []
        let memory = buffers.map { buffer in
            let values = buffer ?? Array(repeating: -77, count: count)
            let pointer = UnsafeMutablePointer<Float>.allocate(capacity: values.count + slack)
            pointer.initialize(repeating: .nan, count: values.count + slack)
            pointer.update(from: values, count: values.count)
            return pointer
        }
        defer { memory.forEach { $0.deallocate() } }
        withUnsafePointer(to: parameters) { parameters in
            var pointers: [UnsafeMutableRawPointer?] = memory.map { UnsafeMutableRawPointer($0) }
            // An operand without elements is left out.
            for (index, buffer) in buffers.enumerated() where buffer?.isEmpty == true { pointers[index] = nil }
            // Two parts, as two threads would have them.
            kernel.pointee.function(parameters, pointers, 0, units / 2)
            kernel.pointee.function(parameters, pointers, units / 2, units)
        }
        for (index, buffer) in buffers.enumerated() where buffer == nil {
            result += UnsafeBufferPointer(start: memory[index], count: count)
            // Nothing behind the result is written.
            let isUntouched = (0..<slack).allSatisfy { memory[index][count + $0].isNaN }
            #expect(isUntouched, "\(family)")
        }
        return result
    }

    private static func isClose(_ a: [Float], _ b: [Float], _ tolerance: Float = 2e-6) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN || abs($0 - $1) <= tolerance * (1 + abs($1)) }
    }

    private static func units(_ count: Int) -> Int { (count + Int(CK_CHUNK) - 1) / Int(CK_CHUNK) }

    // MARK: Functions

    struct Function: Sendable, CustomStringConvertible {
        var description: String
        var code: UInt32
        /// In units of the last place.
        var bound: Double
        var value: @Sendable (Double) -> Double
    }

    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
    private static func logistic(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }

    static let functions = [
        Function(description: "exp", code: CK_EXP.rawValue, bound: 1.1) { exp($0) },
        Function(description: "log", code: CK_LOG.rawValue, bound: 1.5) { log($0) },
        Function(description: "logistic", code: CK_LOGISTIC.rawValue, bound: 2.6) { logistic($0) },
        Function(description: "tanh", code: CK_TANH.rawValue, bound: 2.6) { tanh($0) },
        Function(description: "erf", code: CK_ERF.rawValue, bound: 2) { erf($0) },
        Function(description: "elu", code: CK_ELU.rawValue, bound: 1.5) { $0 < 0 ? expm1($0) : $0 },
        Function(description: "softplus", code: CK_SOFTPLUS.rawValue, bound: 2) { softplus($0) },
        Function(description: "square root", code: CK_SQRT.rawValue, bound: 0.5) { $0.squareRoot() },
        Function(description: "reciprocal root", code: CK_RSQRT.rawValue, bound: 1.5) { 1 / $0.squareRoot() },
    ]

    /// Each function against double precision, over all exponents and densely around 0.
    @Test(arguments: variants, functions)
    func isWithinItsBound(_ set: InstructionSet, _ function: Function) throws {
        let everywhere = (0..<16384).map { Float(bitPattern: UInt32($0) << 18 &+ UInt32($0) &* 2_654_435_761 >> 14) }
        let special: [Float] = [
            0, -0.0, .infinity, -.infinity, .nan, Float(bitPattern: 99999), -Float(bitPattern: 99999), 88.72, -87.33,
            -103.9, 104,
        ]
        let x = special + everywhere + (-4096..<4096).map { Float($0) * 0.005 }
        var parameters = ck_unary()
        parameters.operation = Int32(bitPattern: function.code)
        parameters.count = x.count
        let y = try Self.run("math", set, parameters, [x, nil], count: x.count, units: Self.units(x.count))
        for (input, found) in zip(x, y) {
            let wanted = function.value(Double(input))
            let nearest = Float(wanted)
            if wanted.isNaN || nearest.isInfinite {
                #expect(wanted.isNaN ? found.isNaN : found == nearest, "\(input)")
                continue
            }
            // A quotient of 1 by what is too large for a float.
            if nearest.isSubnormal, found == 0 { continue }
            let error = abs(Double(found) - wanted) / Double(nearest.magnitude.ulp)
            guard error <= function.bound, found.sign == nearest.sign || found != 0 || nearest == 0 else {
                Issue.record("\(function) of \(input) is \(found), not \(nearest): \(error) units off")
                return
            }
        }
        // Odd functions keep the sign of zero.
        if function.value(-0.0).sign == .minus, function.value(-0.0) == 0 { #expect(y[1].sign == .minus) }
    }

    /// The functions that are made of exact operations give the portable kernel's bits, and the others nearly.
    @Test(arguments: variants.filter { $0 != .portable })
    func functionsEqualPortable(_ set: InstructionSet) throws {
        for code in CK_RELU.rawValue...CK_CLAMP.rawValue where code != CK_NOT.rawValue {
            for count in [1, 15, 17, 65, 1024, 1030] {
                let x = Self.random(count, code == CK_LOG.rawValue ? 0...9 : -9...9, seed: UInt64(count))
                var parameters = ck_unary()
                (parameters.operation, parameters.count) = (Int32(bitPattern: code), count)
                (parameters.alpha, parameters.beta) = (0.3, 0.7)
                func run(_ set: InstructionSet) throws -> [Float] {
                    try Self.run("math", set, parameters, [x, nil], count: count, units: Self.units(count))
                }
                let (found, expected) = try (run(set), run(.portable))
                #expect(Self.isClose(found, expected), "function \(code) of \(count)")
            }
        }
    }

    // MARK: Two operands

    @Test(arguments: variants.filter { $0 != .portable })
    func arithmeticEqualsPortable(_ set: InstructionSet) throws {
        for code in CK_ADD.rawValue...CK_PRELU.rawValue {
            for count in Self.sizes {
                // Runs of a channel each, one operand repeated or standing still.
                for (aStep, bStep) in [(1, 1), (1, 0), (0, 1), (2, 1)] {
                    var parameters = ck_binary()
                    (parameters.operation, parameters.rank) = (Int32(bitPattern: code), 2)
                    parameters.sizes = (3, 2, 1, 1, 1, 1, 1, 1)
                    parameters.a_strides = (2 * count, count, 0, 0, 0, 0, 0, 0)
                    parameters.b_strides = (0, count, 0, 0, 0, 0, 0, 0)
                    (parameters.inner, parameters.count) = (count, 6 * count)
                    (parameters.a_step, parameters.b_step) = (aStep, bStep)
                    (parameters.minimum, parameters.maximum) = (-.infinity, code == CK_ADD.rawValue ? 2 : .infinity)
                    let a = Self.random(8 * count), b = Self.random(2 * count, 0.5...3)
                    func run(_ set: InstructionSet) throws -> [Float] {
                        try Self.run("arithmetic", set, parameters, [a, b, nil], count: 6 * count, units: 6)
                    }
                    let (found, expected) = try (run(set), run(.portable))
                    #expect(Self.isClose(found, expected), "operator \(code), runs of \(count)")
                }
            }
        }
    }

    /// One short run of an operand for all of the other's.
    @Test(arguments: variants.filter { $0 != .portable })
    func repeatedRunsEqualPortable(_ set: InstructionSet) throws {
        for inner in [1, 3, 8, 12, 16, 17, 24, 40, 48, 64, 65] {
            for repeatsFirst in [false, true] {
                var parameters = ck_binary()
                (parameters.operation, parameters.rank) = (Int32(bitPattern: CK_SUBTRACT.rawValue), 1)
                parameters.sizes = (301, 1, 1, 1, 1, 1, 1, 1)
                parameters.a_strides = (repeatsFirst ? 0 : inner, 0, 0, 0, 0, 0, 0, 0)
                parameters.b_strides = (repeatsFirst ? inner : 0, 0, 0, 0, 0, 0, 0, 0)
                (parameters.inner, parameters.count) = (inner, 301 * inner)
                (parameters.a_step, parameters.b_step) = (1, 1)
                (parameters.minimum, parameters.maximum) = (-2, .infinity)
                let long = Self.random(301 * inner), short = Self.random(inner, seed: 2)
                let operands = repeatsFirst ? [short, long, nil] : [long, short, nil]
                let found = try Self.run(
                    "arithmetic", set, parameters, operands, count: 301 * inner, units: 301)
                let expected = long.indices.map { index in
                    let (x, y) = (long[index], short[index % inner])
                    return max(-2, repeatsFirst ? y - x : x - y)
                }
                #expect(found == expected, "runs of \(inner)")
            }
        }
    }

    /// What is no number stays so.
    @Test(arguments: variants)
    func extremesKeepNaN(_ set: InstructionSet) throws {
        for code in [CK_MAXIMUM.rawValue, CK_MINIMUM.rawValue] {
            var parameters = ck_binary()
            (parameters.operation, parameters.inner, parameters.count) = (Int32(bitPattern: code), 18, 18)
            (parameters.a_step, parameters.b_step) = (1, 1)
            (parameters.minimum, parameters.maximum) = (-.infinity, .infinity)
            let a = Array(repeating: Float.nan, count: 18), b = Self.random(18)
            for operands in [[a, b, nil], [b, a, nil]] {
                let y = try Self.run("arithmetic", set, parameters, operands, count: 18, units: 1)
                let areAllNaN = y.allSatisfy { $0.isNaN }
                #expect(areAllNaN)
            }
        }
    }

    // MARK: Rows

    @Test(arguments: variants)
    func softmaxIsThatOfDoubles(_ set: InstructionSet) throws {
        for count in Self.sizes {
            for stride in [1, 3, 17, 64] {
                let blocks = stride == 1 ? 35 : 2
                let x = Self.random(blocks * count * stride, -20...20, seed: UInt64(count * stride))
                var parameters = ck_softmax()
                (parameters.count, parameters.stride, parameters.beta) = (count, stride, 1)
                var expected = x, logarithms = x
                for row in 0..<(blocks * stride) {
                    let places = (0..<count).map { row / stride * count * stride + row % stride + $0 * stride }
                    let largest = places.map { Double(x[$0]) }.max()!
                    let sum = places.reduce(0) { $0 + exp(Double(x[$1]) - largest) }
                    for place in places {
                        expected[place] = Float(exp(Double(x[place]) - largest) / sum)
                        logarithms[place] = Float(Double(x[place]) - largest - log(sum))
                    }
                }
                for (family, wanted) in [("softmax", expected), ("log_softmax", logarithms)] {
                    let found = try Self.run(family, set, parameters, [x, nil], count: x.count, units: blocks * stride)
                    #expect(Self.isClose(found, wanted, 1e-6), "\(family) of \(count), \(stride) apart")
                }
            }
        }
    }

    @Test(arguments: variants.filter { $0 != .portable })
    func layerNormEqualsPortable(_ set: InstructionSet) throws {
        for count in Self.sizes {
            let x = Self.random(5 * count), skip = Self.random(5 * count, seed: 2)
            let scale = Self.random(count, seed: 3), shift = Self.random(count, seed: 4)
            var parameters = ck_layer_norm()
            (parameters.count, parameters.skip_period, parameters.epsilon) = (count, 5, 1e-5)
            func run(_ set: InstructionSet) throws -> [Float] {
                try Self.run(
                    "layer_norm", set, parameters, [x, nil, scale, shift, skip, [], [], [], []], count: 5 * count,
                    units: 5)
            }
            let (found, expected) = try (run(set), run(.portable))
            #expect(Self.isClose(found, expected), "rows of \(count)")
        }
    }

    @Test(arguments: variants.filter { $0 != .portable })
    func geluEqualsPortable(_ set: InstructionSet) throws {
        for function in [CK_GELU_EXACT, CK_GELU_TANH, CK_GELU_LOGISTIC] {
            for channels in Self.sizes {
                let count = 7 * channels
                let x = Self.random(count), bias = Self.random(channels, seed: 2)
                var parameters = ck_gelu()
                (parameters.function, parameters.alpha) = (Int32(bitPattern: function.rawValue), 1.702)
                (parameters.count, parameters.channels) = (count, channels)
                for operand in [bias, []] {
                    func run(_ set: InstructionSet) throws -> [Float] {
                        try Self.run(
                            "gelu", set, parameters, [x, nil, operand], count: count, units: Self.units(count))
                    }
                    let (found, expected) = try (run(set), run(.portable))
                    #expect(Self.isClose(found, expected), "\(function), \(channels) channels")
                }
            }
        }
    }

    // MARK: Windows and reductions

    @Test(arguments: variants.filter { $0 != .portable }, ["average_pool", "max_pool"])
    func poolsEqualPortable(_ set: InstructionSet, _ family: String) throws {
        for channels in Self.sizes {
            for (kernel, stride, pad) in [(2, 2, 0), (3, 1, 1), (3, 2, 1), (7, 1, 0)] {
                var parameters = ck_pool()
                (parameters.input_height, parameters.input_width, parameters.channels) = (7, 7, channels)
                let output = (7 + 2 * pad - kernel) / stride + 1
                (parameters.output_height, parameters.output_width) = (output, output)
                (parameters.kernel_height, parameters.kernel_width) = (kernel, kernel)
                (parameters.stride_height, parameters.stride_width) = (stride, stride)
                (parameters.pad_top, parameters.pad_left) = (pad, pad)
                (parameters.minimum, parameters.maximum) = (-1, 2)
                let x = Self.random(2 * 49 * channels)
                func run(_ set: InstructionSet) throws -> [Float] {
                    try Self.run(
                        family, set, parameters, [x, nil], count: 2 * output * output * channels, units: 2 * output)
                }
                let (found, expected) = try (run(set), run(.portable))
                #expect(Self.isClose(found, expected), "\(kernel), \(stride), \(channels) channels")
            }
        }
    }

    @Test(arguments: variants)
    func reductionsAreThoseOfDoubles(_ set: InstructionSet) throws {
        for code in CK_MEAN.rawValue...CK_SUM_OF_SQUARES.rawValue {
            for size in Self.sizes {
                // [2, size, 3] along the middle, and [6, size] along the last axis.
                for isLast in [false, true] {
                    let x = Self.random(6 * size, 0.5...1.5, seed: UInt64(size))
                    var parameters = ck_reduce()
                    (parameters.operation, parameters.reduced_count) = (Int32(bitPattern: code), size)
                    (parameters.kept_rank, parameters.reduced_rank) = (isLast ? 1 : 2, 1)
                    parameters.kept_sizes = isLast ? (6, 1, 1, 1, 1, 1, 1, 1) : (2, 3, 1, 1, 1, 1, 1, 1)
                    parameters.kept_strides = isLast ? (size, 0, 0, 0, 0, 0, 0, 0) : (3 * size, 1, 0, 0, 0, 0, 0, 0)
                    parameters.reduced_sizes = (size, 1, 1, 1, 1, 1, 1, 1)
                    parameters.reduced_strides = (isLast ? 1 : 3, 0, 0, 0, 0, 0, 0, 0)
                    let found = try Self.run("fold", set, parameters, [x, nil], count: 6, units: 6)
                    let expected = (0..<6).map { unit in
                        Self.reduced(
                            code,
                            (0..<size).map {
                                Double(x[isLast ? unit * size + $0 : unit / 3 * 3 * size + unit % 3 + 3 * $0])
                            })
                    }
                    #expect(Self.isClose(found, expected), "reduction \(code) of \(size), last axis: \(isLast)")
                }
            }
        }
    }

    private static func reduced(_ code: UInt32, _ x: [Double]) -> Float {
        let sum = x.reduce(0, +)
        switch code {
        case CK_MEAN.rawValue: return Float(sum / Double(x.count))
        case CK_SUM.rawValue, CK_L1.rawValue: return Float(sum)
        case CK_PRODUCT.rawValue: return Float(x.reduce(1, *))
        case CK_MAX.rawValue: return Float(x.max()!)
        case CK_MIN.rawValue: return Float(x.min()!)
        case CK_LOG_SUM.rawValue: return Float(log(sum))
        case CK_LOG_SUM_EXP.rawValue: return Float(log(x.reduce(0) { $0 + exp($1) }))
        case CK_L2.rawValue: return Float(x.reduce(0) { $0 + $1 * $1 }.squareRoot())
        default: return Float(x.reduce(0) { $0 + $1 * $1 })
        }
    }

    /// Windows that move on over the input or spread it, over one axis and two.
    @Test(arguments: variants.filter { $0 != .portable }, [0, 1] as [Int32])
    func windowsEqualPortable(_ set: InstructionSet, _ isTransposed: Int32) throws {
        for (inputs, outputs) in [(16, 1), (17, 2), (3, 15), (5, 33), (2, 65)] {
            for (rank, kernel, stride, dilation) in [
                (1, 3, 2, 1), (2, 2, 2, 1), (2, 4, 2, 1), (2, 3, 1, 2), (2, 3, 3, 2),
            ] {
                var parameters = ck_window_conv()
                parameters.windows.rank = rank
                parameters.windows.is_transposed = isTransposed
                let reach = (kernel - 1) * dilation + 1
                let output = isTransposed == 1 ? 6 * stride + reach - 1 : (7 + 2 - reach) / stride + 1
                parameters.windows.input = (7, 7, 0, 0, 0, 0)
                parameters.windows.output = (output, output, 0, 0, 0, 0)
                parameters.windows.kernel = (kernel, kernel, 0, 0, 0, 0)
                parameters.windows.stride = (stride, stride, 0, 0, 0, 0)
                parameters.windows.dilation = (dilation, dilation, 0, 0, 0, 0)
                parameters.windows.before = (1, 1, 0, 0, 0, 0)
                (parameters.groups, parameters.inputs, parameters.outputs) = (2, inputs, outputs)
                (parameters.channels, parameters.minimum, parameters.maximum) = (2 * inputs, -1, 9)
                let taps = rank == 1 ? kernel : kernel * kernel
                let (cells, positions) = rank == 1 ? (7, output) : (49, output * output)
                let slack = Array(repeating: Float.nan, count: Int(CK_SLACK) / 4)
                let weights = Self.random(2 * taps * inputs * outputs, -1...1) + slack
                let bias = Self.random(2 * outputs, seed: 3) + slack
                let x = Self.random(2 * cells * 2 * inputs, -1...1, seed: 4)
                let (found, expected) = try weights.withUnsafeBytes { weights in
                    try bias.withUnsafeBytes { bias in
                        (parameters.weights, parameters.bias) = (weights.baseAddress, bias.baseAddress)
                        func run(_ set: InstructionSet) throws -> [Float] {
                            try Self.run(
                                "window_conv", set, parameters, [x, nil], count: 2 * positions * 2 * outputs,
                                units: 2 * positions)
                        }
                        return try (run(set), run(.portable))
                    }
                }
                #expect(
                    Self.isClose(found, expected, 3e-6), "\(inputs) to \(outputs), \(kernel), \(stride), \(dilation)")
            }
        }
    }
}
