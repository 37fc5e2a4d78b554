import Testing

@testable import Reporting

@Suite struct MarkdownReportTests {
    @Test func page() {
        #expect(
            MarkdownReport.text(sampleReport()) == """
                # resnet8.tflite

                optimize 0.1.0 · 7.96 s · `models/resnet8.tflite --int8 --prune 0.5`

                - **max-drop passed**: 0.35 points, limit 1.00 points
                - **max-size failed**: 96,304 bytes, limit 96,000 bytes
                - ⚠ pruned weights take no fewer bytes in this file; only compression makes use of them

                ## Size

                |  | before | after | change |
                | --- | ---: | ---: | ---: |
                | file, bytes | 321,780 | 96,304 | -70.1 % |
                | file after gzip, bytes | 296,410 | 58,121 | -80.4 % |
                | constants, bytes | 314,992 | 81,940 | -74.0 % |
                | parameters | 78,666 | 78,666 | 0.0 % |
                | arena, bytes | 196,608 | 53,248 | -72.9 % |
                | multiply-adds | 12,501,632 | 12,501,632 | 0.0 % |
                | operators | 16 | 18 | +12.5 % |
                | zero weights | 0.02 % | 49.91 % |  |

                ## Calibration

                256 samples of cifar10\\_calib.npz (256 used)

                ## Evaluation

                2000 samples of cifar10\\_eval.npz

                |  | before | after | change |
                | --- | ---: | ---: | ---: |
                | top-1 | 76.40 % | 76.05 % | -0.35 points |
                | correct | 1,528 of 2,000 | 1,521 of 2,000 |  |

                Both models name the same class for 98.15 % of the samples.

                | output | agreement | SNR, dB | cosine | largest difference | not finite |
                | --- | ---: | ---: | ---: | ---: | ---: |
                | Identity | 98.15 % | 27.42 | 0.999120 | 0.215 | 0 |

                ## prune

                2 layers, 50.0 % zeros · 0.03 s

                - the first and the last layer keep their weights; --prune-all includes them

                | layer | kind | weights before | after | zeros | weight scales | output scale, zero point | range | weight SNR, dB | output SNR, dB |
                | --- | --- | ---: | ---: | ---: | --- | --- | --- | ---: | ---: |
                | conv1 | Convolution | 9,216 | 9,216 | 50.0 % |  |  |  | 12.1 | — |
                | conv2 | Convolution | 18,432 | 18,432 | 50.0 % |  |  |  | 11.7 | — |

                ## quantize

                1 layer, constants 315.0 kB → 81.9 kB, 50.3 % zeros · 1.20 s

                | layer | kind | weights before | after | zeros | weight scales | output scale, zero point | range | weight SNR, dB | output SNR, dB |
                | --- | --- | ---: | ---: | ---: | --- | --- | --- | ---: | ---: |
                | conv1 | Convolution | 9,216 | 2,304 | 50.3 % | 16: 0.00213 … 0.0117 | 0.0235, -128 | 0 … 5.99 | 41.3 | 33.9 |

                ## fold-batchnorm

                nothing to do · 0.00 s

                ## Operators left float

                | operator | kind | reason |
                | --- | --- | --- |
                | head/exp | Exp | it has no int8 form |
                | head/exp\\_1 | Exp | it has no int8 form |

                ## Operators

                | kind | before | after |
                | --- | ---: | ---: |
                | Add | 3 | 3 |
                | AveragePool | 1 | 1 |
                | Convolution | 9 | 9 |
                | Dequantize | 0 | 1 |
                | FullyConnected | 1 | 1 |
                | Quantize | 0 | 1 |
                | Reshape | 1 | 1 |
                | Softmax | 1 | 1 |

                ## Run

                | setting | value |
                | --- | --- |
                | `mode` | `int8` |
                | `prune` | `0.5` |
                | `threads` | `2` |
                | stage read | 0.00 s |
                | stage optimize | 1.24 s |
                | stage evaluate | 6.71 s |
                | stage write | 0.01 s |
                | input | `models/resnet8.tflite` |
                | output | `models/resnet8.optimized.tflite` |

                """)
    }

    @Test func hostileNamesBreakNoTable() {
        let text = MarkdownReport.text(hostileReport())
        expectHarmless(text)
        var columns: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                columns = nil
                continue
            }
            let count = cellCount(line)
            #expect(columns == nil || columns == count, "\(line)")
            columns = count
        }
        let unescaped = text.split(separator: "`", omittingEmptySubsequences: false).count
        #expect(unescaped > 1)
        #expect(!outsideOfCode(text).contains("<script"))
        #expect(!outsideOfCode(text).contains("](http"))
    }

    @Test func escaping() {
        #expect(MarkdownReport.escaped("a|b*c_d`e<f>[g](h)#i!") == ##"a\|b\*c\_d\`e\<f\>\[g\]\(h\)\#i\!"##)
        #expect(MarkdownReport.escaped("a\nb\u{1B}[0m") == "a b\u{FFFD}\\[0m")
        #expect(MarkdownReport.escaped("AT&T &lt;") == "AT&amp;T &amp;lt;")
        #expect(MarkdownReport.code("a`b``c") == "``` a`b``c ```")
        #expect(MarkdownReport.code("") == "")
        #expect(MarkdownReport.code(#"a\|b"#) == #"a\\\|b"#)
    }

    /// How many cells GitHub sees: a pipe divides unless a backslash stands before it, in code spans too.
    private func cellCount(_ line: some StringProtocol) -> Int {
        var count = 0
        var isEscaped = false
        for character in line {
            if character == "|", !isEscaped { count += 1 }
            isEscaped = character == "\\" && !isEscaped
        }
        return count - 1
    }

    /// The text without its code spans and without escaped characters.
    private func outsideOfCode(_ text: String) -> String {
        var result = ""
        for line in text.split(separator: "\n") where !line.contains("`` ") {
            var isEscaped = false
            for character in line {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else {
                    result.append(character)
                }
            }
            result += "\n"
        }
        return result
    }
}
