@testable import Reporting

/// A report with every part filled, and figures of the size that a small image classifier has.
func sampleReport() -> Report {
    var report = Report(
        input: Report.FileSummary(
            path: "models/resnet8.tflite", format: "tflite", bytes: 321_780, gzipBytes: 296_410),
        before: Report.ModelSummary(
            constantBytes: 314_992, parameters: 78_666, sparsity: 0.0002, multiplyAdds: 12_501_632, arenaBytes: 196_608,
            operators: ["Convolution": 9, "Add": 3, "FullyConnected": 1, "Softmax": 1, "AveragePool": 1, "Reshape": 1]))
    report.tool.version = "0.1.0"
    report.command = ["models/resnet8.tflite", "--int8", "--prune", "0.5"]
    report.settings = ["prune": "0.5", "mode": "int8", "threads": "2"]
    report.output = Report.FileSummary(
        path: "models/resnet8.optimized.tflite", format: "tflite", bytes: 96_304, gzipBytes: 58_121)
    report.after = Report.ModelSummary(
        constantBytes: 81_940, parameters: 78_666, sparsity: 0.4991, multiplyAdds: 12_501_632, arenaBytes: 53_248,
        operators: [
            "Convolution": 9, "Add": 3, "FullyConnected": 1, "Softmax": 1, "AveragePool": 1, "Reshape": 1,
            "Quantize": 1,
            "Dequantize": 1,
        ])
    report.calibration = Report.Calibration(
        source: "256 samples of cifar10_calib.npz", samples: 256, isSynthetic: false)
    report.evaluation = Report.Evaluation(
        source: "2000 samples of cifar10_eval.npz", samples: 2000,
        accuracyBefore: Report.Accuracy(correct: 1528, count: 2000),
        accuracyAfter: Report.Accuracy(correct: 1521, count: 2000), agreement: 0.9815,
        outputs: [
            Report.OutputDifference(
                name: "Identity", agreement: 0.9815, snr: 27.42, cosine: 0.99912, largestDifference: 0.2148)
        ])
    report.passes = [
        Report.Pass(
            name: "prune", seconds: 0.031, constantBytesBefore: 314_992, constantBytesAfter: 314_992,
            patches: ["prune conv1", "prune conv2"],
            notes: ["the first and the last layer keep their weights; --prune-all includes them"],
            layers: [
                Report.Layer(
                    name: "conv1", operation: "Convolution", weightBytesBefore: 9216, weightBytesAfter: 9216,
                    sparsity: 0.5,
                    weightSNR: 12.1),
                Report.Layer(
                    name: "conv2", operation: "Convolution", weightBytesBefore: 18432, weightBytesAfter: 18432,
                    sparsity: 0.5, weightSNR: 11.7),
            ]),
        Report.Pass(
            name: "quantize", seconds: 1.204, constantBytesBefore: 314_992, constantBytesAfter: 81_940,
            patches: ["quantize conv1"],
            layers: [
                Report.Layer(
                    name: "conv1", operation: "Convolution", weightBytesBefore: 9216, weightBytesAfter: 2304,
                    sparsity: 0.503,
                    weightScales: Report.Scales(count: 16, smallest: 0.00213, largest: 0.0117),
                    outputScales: Report.Scales(
                        count: 1, smallest: 0.0235, largest: 0.0235, zeroPoints: -128...(-128)), range: 0...5.9937,
                    weightSNR: 41.3, outputSNR: 33.9)
            ]),
        Report.Pass(name: "fold-batchnorm", seconds: 0.0004, constantBytesBefore: 81_940, constantBytesAfter: 81_940),
    ]
    report.floatOperators = [
        Report.FloatOperator(name: "head/exp", operation: "Exp", reason: "it has no int8 form"),
        Report.FloatOperator(name: "head/exp_1", operation: "Exp", reason: "it has no int8 form"),
    ]
    report.gates = [
        Report.Gate(name: "max-drop", limit: 1, measured: 0.35, unit: "points", passed: true),
        Report.Gate(name: "max-size", limit: 96_000, measured: 96_304, unit: "bytes", passed: false),
    ]
    report.warnings = ["pruned weights take no fewer bytes in this file; only compression makes use of them"]
    report.stages = [
        Report.Stage(name: "read", seconds: 0.004), Report.Stage(name: "optimize", seconds: 1.236),
        Report.Stage(name: "evaluate", seconds: 6.71), Report.Stage(name: "write", seconds: 0.012),
    ]
    return report
}

func sampleFolderReport() -> FolderReport {
    FolderReport(
        input: "models", output: "out",
        models: [
            FolderReport.Entry(
                path: "vision/resnet8.tflite", status: .done, exitCode: 0, bytesBefore: 321_780, bytesAfter: 96_304,
                accuracyBefore: 0.764, accuracyAfter: 0.7605, seconds: 7.96),
            FolderReport.Entry(
                path: "audio/kws_dscnn.tflite", status: .gate, exitCode: 3, bytesBefore: 129_000, bytesAfter: 53_000,
                accuracyBefore: 0.908, accuracyAfter: 0.871, message: "max-drop: 3.70 points, limit 1.00 points",
                seconds: 3.1),
            FolderReport.Entry(
                path: "broken.tflite", status: .failed, exitCode: 4,
                message: "the file ends inside of its table of buffers",
                seconds: 0.01),
            FolderReport.Entry(path: "late.tflite", status: .skipped),
        ], seconds: 11.2)
}

/// A name that tries everything: markup, table cells, escape sequences, line ends, hidden and reordering characters.
let hostile =
    "a|b\n# c\r\n<script>alert(1)</script> [x](http://e.vil) `code` *b* _i_ \u{1B}[31mred\u{1B}]0;title\u{07} \u{9B}2J "
    + "\u{202E}gnp.\u{2066}x\u{200B}\u{0000}\u{7F}\t|---|\\| ```"

func hostileReport() -> Report {
    var report = sampleReport()
    let long = String(repeating: "very-long-", count: 500) + hostile
    report.tool.version = hostile
    report.command = [hostile, long]
    report.settings = [hostile: hostile, "long": long]
    report.input.path = "dir/" + hostile
    report.output?.path = long
    report.before.operators = [hostile: 1, long: 2]
    report.calibration?.source = hostile
    report.evaluation?.source = long
    report.evaluation?.outputs[0].name = hostile
    report.evaluation?.outputs.append(Report.OutputDifference(name: long, nonFinite: 3))
    for index in report.passes.indices {
        report.passes[index].notes = [hostile, long]
        report.passes[index].patches = [hostile]
        for layer in report.passes[index].layers.indices {
            report.passes[index].layers[layer].name = layer == 0 ? hostile : long
            report.passes[index].layers[layer].operation = hostile
        }
    }
    report.floatOperators = [Report.FloatOperator(name: hostile, operation: hostile, reason: long)]
    report.gates[0].name = hostile
    report.warnings = [hostile, long]
    report.stages[0].name = hostile
    return report
}
