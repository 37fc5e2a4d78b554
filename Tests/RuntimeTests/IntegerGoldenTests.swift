import Foundation
import ModelGraph
import Runtime
import Testing

/// Random integer operators, bit for bit. Expected values: onnxruntime 1.31.1, CPU, default optimization level, by
/// `Scripts/onnx/integers.py golden`, which draws the models too.
@Suite struct IntegerGoldenTests {
    @Test func goldenValuesAreThere() { #expect(ONNXGolden.integers.count > 15) }

    @Test(arguments: ONNXGolden.integers)
    func equalsOnnxruntime(_ golden: ONNXGolden) throws {
        for set in KernelVariantTests.variants {
            var options = PlanOptions()
            options.numerics = .onnxruntime
            options.instructionSet = set
            let plan = try Plan(try golden.read(), options: options)
            let found = try golden.run(plan)
            #expect(found.count == golden.outputs.count)
            for (index, (bytes, expected)) in zip(found, golden.outputs).enumerated() {
                #expect(plan.outputs[index].shape == expected.shape)
                #expect(plan.outputs[index].type.rawValue == expected.type)
                let wanted = golden.bytes(expected.data)
                let differing = zip(bytes, wanted).filter { $0 != $1 }.count
                #expect(
                    bytes.elementsEqual(wanted), "\(set), output \(index): \(differing) of \(wanted.count) bytes differ"
                )
            }
        }
    }
}
