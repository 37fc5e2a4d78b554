import Foundation
import Testing

@testable import Reporting

@Suite struct JSONReportTests {
    @Test func folder() {
        #expect(
            JSONReport.text(sampleFolderReport()) == """
                {
                  "command" : [

                  ],
                  "input" : "models",
                  "models" : [
                    {
                      "accuracyAfter" : 0.871,
                      "accuracyBefore" : 0.908,
                      "bytesAfter" : 53000,
                      "bytesBefore" : 129000,
                      "exitCode" : 3,
                      "message" : "max-drop: 3.70 points, limit 1.00 points",
                      "path" : "audio/kws_dscnn.tflite",
                      "seconds" : 3.1,
                      "status" : "gate"
                    },
                    {
                      "accuracyAfter" : null,
                      "accuracyBefore" : null,
                      "exitCode" : 4,
                      "message" : "the file ends inside of its table of buffers",
                      "path" : "broken.tflite",
                      "seconds" : 0.01,
                      "status" : "failed"
                    },
                    {
                      "accuracyAfter" : null,
                      "accuracyBefore" : null,
                      "path" : "late.tflite",
                      "seconds" : 0,
                      "status" : "skipped"
                    },
                    {
                      "accuracyAfter" : 0.7605,
                      "accuracyBefore" : 0.764,
                      "bytesAfter" : 96304,
                      "bytesBefore" : 321780,
                      "exitCode" : 0,
                      "path" : "vision/resnet8.tflite",
                      "seconds" : 7.96,
                      "status" : "done"
                    }
                  ],
                  "output" : "out",
                  "seconds" : 11.2,
                  "tool" : {
                    "name" : "optimize",
                    "version" : ""
                  },
                  "totals" : {
                    "bytesAfter" : 149304,
                    "bytesBefore" : 450780,
                    "done" : 1,
                    "failed" : 1,
                    "gate" : 1,
                    "models" : 4,
                    "skipped" : 1
                  },
                  "version" : 1
                }

                """)
    }

    @Test(arguments: [sampleReport(), hostileReport()]) func roundTrip(_ report: Report) throws {
        let text = JSONReport.text(report)
        #expect(try JSONReport.report(from: text) == report)
        #expect(JSONReport.text(try JSONReport.report(from: text)) == text)
    }

    @Test func whatIsNotFiniteIsNull() throws {
        var report = sampleReport()
        report.evaluation?.outputs[0] = Report.OutputDifference(
            name: "x", agreement: .nan, snr: .infinity, cosine: -.infinity, largestDifference: nil)
        report.after?.sparsity = .nan
        report.stages = [Report.Stage(name: "clock", seconds: .nan)]
        let text = JSONReport.text(report)
        for key in ["agreement", "snr", "cosine", "largestDifference", "sparsity"] {
            #expect(text.contains("\"\(key)\" : null"))
        }
        #expect(!text.lowercased().contains("nan,"))
        #expect(!text.contains("infinity"))
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    @Test func olderReportsLackFields() throws {
        let text = JSONReport.text(sampleReport()).split(separator: "\n").filter {
            !$0.contains("\"cosine\"") && !$0.contains("\"outputSNR\" :")
        }
        .joined(separator: "\n")
        #expect(try JSONReport.report(from: text).evaluation?.outputs[0].cosine == nil)
    }

    @Test(arguments: ["", "[]", "{}", "{\"version\": 1}"]) func whatIsNoReport(_ text: String) {
        #expect(throws: ReportError.self) { try JSONReport.report(from: text) }
    }

    @Test func laterVersionsAreRefused() {
        var report = sampleReport()
        report.version = Report.currentVersion + 1
        #expect(throws: ReportError.self) { try JSONReport.report(from: JSONReport.text(report)) }
    }
}

@Suite struct FiguresTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (-1500, "-1.5 kB"),
        (Int.max, "9,223.4 PB"),
    ])
    func bytes(_ value: Int, _ text: String) { #expect(Figures.bytes(value) == text) }

    @Test func numbers() {
        #expect(Figures.count(1_234_567) == "1,234,567")
        #expect(Figures.count(Int.min) == "-9,223,372,036,854,775,808")
        #expect(Figures.decimal(0.05, digits: 1) == "0.1")
        #expect(Figures.decimal(-0.04, digits: 1) == "0.0")
        #expect(Figures.decimal(.nan, digits: 1) == "—")
        #expect(Figures.decimal(1e300, digits: 2) == "1e+300")
        #expect(Figures.signed(0.0001, digits: 2) == "0.00")
        #expect(Figures.change(0, 5) == "")
        #expect(Figures.seconds(65.4) == "65.40 s")
        #expect(Figures.seconds(125) == "2 min 05 s")
        #expect(Figures.seconds(-1) == "—")
        #expect(Figures.significant(0.003921) == "0.00392")
        #expect(Figures.significant(1.2345e-9) == "1.23e-9")
        #expect(Figures.significant(-123.45) == "-123.5")
    }

    @Test func shortening() {
        #expect(DisplayText.shortened("models/very/deep/resnet8.tflite", to: 20) == "models/…snet8.tflite")
        #expect(DisplayText.width(DisplayText.shortened(String(repeating: "界", count: 50), to: 21)) <= 21)
        #expect(DisplayText.wrapped("a bb ccc dddd", to: 5) == ["a bb", "ccc", "dddd"])
        #expect(DisplayText.wrapped("abcdefgh", to: 3) == ["abc", "def", "gh"])
    }
}
