import ModelGraph
import Runtime
import Testing

/// Expected values: LiteRT 2.3.0, BUILTIN_REF kernels, by `Scripts/make-golden`.
@Suite struct OperatorGoldenTests {
    @Test func goldenValuesAreThere() { #expect(GoldenCase.all.count > 200) }

    @Test(arguments: GoldenCase.all)
    func equalsLiteRT(_ golden: GoldenCase) throws {
        let plan = try Plan(try golden.read())
        #expect(plan.outputs[0].shape == golden.shape)
        #expect(plan.outputs[0].type.rawValue == golden.type)
        let found = try golden.run(plan)
        let expected = golden.bytes(golden.output)
        if golden.type == "float32" {
            #expect(relativeError(found, expected) <= 1e-5)
        } else {
            #expect(found.elementsEqual(expected), "\(zip(found, expected).filter { $0 != $1 }.count) bytes differ")
        }
    }
}
