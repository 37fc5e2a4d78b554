import CKernels
import ModelGraph
import Runtime
import Testing

/// The portable kernels are the oracle of all others.
@Suite struct KernelVariantTests {
    static let variants = InstructionSet.allCases.filter {
        $0.isAvailable && $0 <= .best
    }

    private static func plan(
        _ model: Model, _ set: InstructionSet, _ numerics: Numerics = .reference
    ) throws -> Plan {
        var options = PlanOptions()
        options.instructionSet = set
        options.numerics = numerics
        return try Plan(model, options: options)
    }

    @Test(arguments: variants.filter { $0 != .portable }, RandomGraph.Arithmetic.allCases)
    func equalsPortable(_ set: InstructionSet, _ arithmetic: RandomGraph.Arithmetic) throws {
        for (name, model) in RandomGraph.awkward(arithmetic) {
            let expected = try RandomGraph.run(Self.plan(model, .portable))
            let found = try RandomGraph.run(Self.plan(model, set))
            if arithmetic == .int8 {
                #expect(found == expected, "\(name)")
            } else {
                #expect(relativeError(found, expected) <= 2e-6, "\(name)")
            }
        }
    }

    /// Channels below, at and above whole vectors, windows of every kind, every way of rounding.
    @Test(arguments: variants.filter { $0 != .portable }, Numerics.allCases)
    func bytesEqualPortable(_ set: InstructionSet, _ numerics: Numerics) throws {
        for (name, model) in RandomGraph.bytes(numerics) {
            let expected = try RandomGraph.run(Self.plan(model, .portable, numerics))
            let found = try RandomGraph.run(Self.plan(model, set, numerics))
            #expect(found == expected, "\(name)")
        }
    }

    /// Channels and rows below, at and above whole tiles, windows of every kind.
    @Test(arguments: variants.filter { $0 != .portable })
    func floatsEqualPortable(_ set: InstructionSet) throws {
        for (name, model) in RandomGraph.floats() {
            let expected = try RandomGraph.run(Self.plan(model, .portable))
            let found = try RandomGraph.run(Self.plan(model, set))
            #expect(relativeError(found, expected) <= 2e-6, "\(name)")
        }
    }

    @Test(arguments: variants.filter { $0 != InstructionSet.best })
    func equalsLiteRT(_ set: InstructionSet) throws {
        for golden in GoldenCase.all {
            let found = try golden.run(Self.plan(golden.read(), set))
            let expected = golden.bytes(golden.output)
            if golden.type == "float32" {
                #expect(relativeError(found, expected) <= 1e-5, "\(golden.name)")
            } else {
                #expect(found.elementsEqual(expected), "\(golden.name)")
            }
        }
    }

    /// Any number of threads gives the same bytes.
    @Test(arguments: RandomGraph.Arithmetic.allCases)
    func threadsChangeNothing(_ arithmetic: RandomGraph.Arithmetic) throws {
        let pools = [2, 3, 5].map(ThreadPool.init(threads:))
        for (name, model) in RandomGraph.awkward(arithmetic) + (arithmetic == .float32 ? RandomGraph.floats() : []) {
            let plan = try Plan(model)
            let expected = try RandomGraph.run(plan)
            for pool in pools { #expect(try RandomGraph.run(plan, pool: pool) == expected, "\(name)") }
        }
    }

    /// The rows of one family and type go from slow to fast, and each has a portable one.
    @Test func tableIsOrdered() {
        var count = 0
        let rows = UnsafeBufferPointer(start: ck_kernels(&count), count: count)
        var last: [String: UInt32] = [:]
        for row in rows {
            let name = String(cString: row.family) + " " + String(cString: row.type)
            if let previous = last[name] {
                #expect(row.isa.rawValue > previous, "\(name)")
            } else {
                #expect(row.isa == CK_ISA_PORTABLE, "\(name)")
            }
            last[name] = row.isa.rawValue
        }
    }
}
