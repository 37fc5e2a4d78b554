import Testing

@testable import Reporting

@Suite struct TerminalReportTests {
    @Test func summary() {
        #expect(
            TerminalReport().text(sampleReport()) == """
                models/resnet8.tflite → models/resnet8.optimized.tflite

                                    before     after
                  file            321.8 kB   96.3 kB    -70.1 %   3.34× smaller
                  file, gzip      296.4 kB   58.1 kB    -80.4 %
                  accuracy         76.40 %   76.05 %   -0.35 pt   1,528 → 1,521 correct
                  agreement                  98.15 %              same class
                  output SNR                 27.4 dB
                  constants       315.0 kB   81.9 kB    -74.0 %
                  arena           196.6 kB   53.2 kB    -72.9 %
                  multiply-adds     12.5 M    12.5 M
                  operators             16        18    +12.5 %
                  zero weights       0.0 %    49.9 %

                  prune            2 layers, 50.0 % zeros                                         0.03 s
                                   · the first and the last layer keep their weights; --prune-all
                                     includes them
                  quantize         1 layer, constants 315.0 kB → 81.9 kB, 50.3 % zeros            1.20 s
                  fold-batchnorm   nothing to do                                                  0.00 s

                  calibration   256 samples of cifar10_calib.npz
                  evaluation    2000 samples of cifar10_eval.npz
                  left float    2 Exp: it has no int8 form

                  ✓ max-drop 0.35 points, limit 1.00 points
                  ✗ max-size 96,304 bytes, limit 96,000 bytes
                  ! pruned weights take no fewer bytes in this file; only compression makes use of them

                """)
    }

    @Test func folder() {
        #expect(
            TerminalReport().text(sampleFolderReport()) == """
                  model                   status       before       after     change            accuracy
                  audio/kws_dscnn.tflite  gate       129.0 kB     53.0 kB    -58.9 %   90.80 % → 87.10 %
                    max-drop: 3.70 points, limit 1.00 points
                  broken.tflite           failed
                    the file ends inside of its table of buffers
                  late.tflite             skipped
                  vision/resnet8.tflite   done       321.8 kB     96.3 kB    -70.1 %   76.40 % → 76.05 %

                  4 models: 1 done, 1 missed a gate, 1 failed, 1 skipped; 450.8 kB → 149.3 kB (-66.9 %) in 11.20 s

                """)
    }

    @Test func withoutResult() {
        var report = Report(
            input: Report.FileSummary(path: "m.tflite", format: "tflite", bytes: 10),
            before: Report.ModelSummary(constantBytes: 0, parameters: 0))
        report.warnings = ["nothing was written"]
        #expect(
            TerminalReport().text(report) == """
                m.tflite

                              before   after
                  file          10 B       —
                  constants      0 B       —
                  operators        0       —

                  ! nothing was written

                """)
    }

    @Test func colorsOnlyWhenAsked() {
        #expect(!TerminalReport().text(sampleReport()).contains("\u{1B}"))
        let colored = TerminalReport(usesColor: true).text(sampleReport())
        #expect(colored.contains("\u{1B}[1m"))
        #expect(withoutColors(colored) == TerminalReport().text(sampleReport()))
    }

    @Test(arguments: [60, 72, 88, 100]) func hostileNamesStayInLine(_ width: Int) {
        let text = TerminalReport(width: width).text(hostileReport())
        expectHarmless(text)
        for line in text.split(separator: "\n") { #expect(DisplayText.width(String(line)) <= width, "\(line)") }
        var report = sampleFolderReport()
        report = FolderReport(
            input: hostile, output: hostile,
            models: [
                FolderReport.Entry(path: hostile, status: .done, bytesBefore: 1, bytesAfter: 2, message: hostile),
                FolderReport.Entry(
                    path: String(repeating: "界", count: 500), status: .failed, accuracyBefore: 1, message: hostile),
            ], seconds: .infinity)
        let folder = TerminalReport(width: width).text(report)
        expectHarmless(folder)
        if width >= 88 {
            for line in folder.split(separator: "\n") { #expect(DisplayText.width(String(line)) <= width, "\(line)") }
        }
    }

    private func withoutColors(_ text: String) -> String {
        ["0", "1", "2", "31", "32", "33"].reduce(text) {
            $0.split(separator: "\u{1B}[\($1)m", omittingEmptySubsequences: false).joined()
        }
    }
}

/// No character that a terminal acts upon but the line's end.
func expectHarmless(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let harmful = text.unicodeScalars.filter { scalar in
        scalar != "\n" && [.control, .format].contains(scalar.properties.generalCategory)
    }
    #expect(harmful.isEmpty, sourceLocation: sourceLocation)
}
