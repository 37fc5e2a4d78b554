import CKernels
import ModelGraph
import Operators

extension TransposedConvolution: Lowerable {
    /// Takes x and makes the result with the channels last.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w) = (try lowering.input(0), try lowering.input(1))
        guard x.isMoved else {
            throw RuntimeError(
                .unsupportedOperator, "the operands are not in the kernel's order", at: lowering.location)
        }
        let windows = try checked(at: lowering.location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.modelSizes, w: w.sizes)
        }
        let (inputs, outputs, taps) = (w.sizes[0] / groups, w.sizes[1], w.sizes.dropFirst(2).reduce(1, *))
        try lowering.emitWindowConvolution(
            WindowConvolution(
                windows: windows, isTransposed: true, groups: groups, inputs: inputs, outputs: outputs,
                strides: .init(group: inputs * outputs * taps, tap: 1, input: outputs * taps, output: taps),
                weightAxis: 1))
    }
}

extension TransposedConvolutionToShape: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (w, x, y) = (try lowering.input(1), try lowering.input(2), lowering.output)
        let windows = try checked(at: lowering.location) { () throws(GraphError) -> [Window] in
            try self.windows(y: y.sizes, w: w.sizes, x: x.sizes)
        }
        let axis = outputAxis(rank: x.sizes.count)
        let (inputs, outputs) = (w.sizes[w.sizes.count - 1], w.sizes[axis])
        let taps = windows.reduce(1) { $0 * $1.kernel }
        try lowering.emitWindowConvolution(
            WindowConvolution(
                windows: windows, isTransposed: true, groups: 1, inputs: inputs, outputs: outputs,
                strides: axis == 0
                    ? .init(group: 0, tap: inputs, input: 1, output: taps * inputs)
                    : .init(group: 0, tap: outputs * inputs, input: 1, output: inputs),
                weightAxis: axis, activation: activation, operands: (x: 2, w: 1, bias: 3)))
    }
}

extension TransposedConvolutionWithBias: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w) = (try lowering.input(0), try lowering.input(1))
        let windows = try checked(at: lowering.location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes, w: w.sizes)
        }
        let (inputs, taps) = (w.sizes[3], w.sizes[1] * w.sizes[2])
        try lowering.emitWindowConvolution(
            WindowConvolution(
                windows: windows, isTransposed: true, groups: 1, inputs: inputs, outputs: w.sizes[0],
                strides: .init(group: 0, tap: inputs, input: 1, output: taps * inputs), weightAxis: 0))
    }
}

extension Convolution3D: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w) = (try lowering.input(0), try lowering.input(1))
        let windows = try checked(at: lowering.location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes, w: w.sizes)
        }
        let (inputs, all, groups) = (w.sizes[3], w.sizes[4], x.sizes[4] / w.sizes[3])
        try lowering.emitWindowConvolution(
            WindowConvolution(
                windows: windows, groups: groups, inputs: inputs, outputs: all / groups,
                strides: .init(group: all / groups, tap: inputs * all, input: all, output: 1), weightAxis: 4,
                activation: activation))
    }
}
