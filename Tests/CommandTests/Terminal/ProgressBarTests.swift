import OptimizerKit
import Synchronization
import Testing

@testable import optimize

@Suite("Progress")
struct ProgressBarTests {
    @Test("A line shows the stage, a bar and the counts, and never reaches the last column")
    func line() {
        let half = OptimizationProgress(stage: "evaluate", completed: 50, total: 100)
        #expect(ProgressBar.line(half, width: 80) == "evaluate  [###############---------------] 50/100")
        #expect(ProgressBar.line(OptimizationProgress(stage: "read"), width: 80) == "read")
        for width in 0..<60 { #expect(ProgressBar.line(half, width: width).count <= max(0, width - 1)) }
        let over = OptimizationProgress(stage: "x", completed: 300, total: 100)
        #expect(ProgressBar.line(over, width: 60).hasSuffix("100/100"))
        #expect(ProgressBar.line(OptimizationProgress(stage: "a\u{1B}[2Jb"), width: 60) == "a\\x1b[2Jb")
    }

    @Test("It is drawn in one line, seldom, and is gone at the end")
    func drawing() {
        let drawn = Mutex<[String]>([])
        let bar = ProgressBar(width: 80) { text in drawn.withLock { $0.append(text) } }
        for sample in 0..<1000 { bar.show(OptimizationProgress(stage: "evaluate", completed: sample, total: 1000)) }
        bar.show(OptimizationProgress(stage: "write"))
        bar.finish()
        bar.show(OptimizationProgress(stage: "late"))
        let texts = drawn.withLock { $0 }
        #expect(texts.count < 100)
        #expect(texts.allSatisfy { $0.hasPrefix("\r") && !$0.contains("\n") })
        #expect(texts.last == "\r\u{1B}[K")
        #expect(texts.dropLast().last == "\rwrite\u{1B}[K")
    }
}

@Suite("Text from outside")
struct PrintableTextTests {
    @Test("Control characters, and those that hide or reorder others, are shown as escapes")
    func escapes() {
        #expect(PrintableText.escaped("a\nb\tc\r") == "a\\nb\\tc\\r")
        #expect(PrintableText.escaped("\u{1B}[31m\u{7F}\u{9B}") == "\\x1b[31m\\x7f\\x9b")
        #expect(PrintableText.escaped("\u{202E}gpj.exe\u{200B}") == "\\u{202e}gpj.exe\\u{200b}")
        #expect(PrintableText.escaped("modèle 模型 🙂") == "modèle 模型 🙂")
    }
}
