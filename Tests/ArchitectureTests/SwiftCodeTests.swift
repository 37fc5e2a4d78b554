import Testing

@Suite("What the checks see of Swift source")
struct SwiftCodeTests {
    @Test(
        "Every form of import is found",
        arguments: [
            ("import ModelGraph", "ModelGraph"),
            ("  import ModelGraph", "ModelGraph"),
            ("@testable import Runtime", "Runtime"),
            ("private import Foundation", "Foundation"),
            ("@preconcurrency public import Operators", "Operators"),
            ("@_spi(Testing) package import Runtime", "Runtime"),
            ("import struct Foundation.Data", "Foundation"),
            ("import Darwin.C.math", "Darwin"),
            ("#if canImport(Glibc)\n    import Glibc\n#endif", "Glibc"),
            ("let a = 1; import CKernels", "CKernels"),
            ("/* one /* two */ */ import CKernels // import Other", "CKernels"),
            ("let text = #\"\"\"\nimport Other\n\"\"\"#\nimport CPNG", "CPNG"),
        ])
    func findsImport(source: String, module: String) {
        #expect(SwiftCode(source).imports.map(\.module) == [module])
    }

    @Test(
        "Comments, strings and other words are no imports",
        arguments: [
            "// import ModelGraph", "/// import ModelGraph", "/*\nimport ModelGraph\n*/",
            "let text = \"\"\"\n    import ModelGraph\n    \"\"\"", "let important = 1", "importModel(x)",
        ])
    func findsNone(source: String) {
        #expect(SwiftCode(source).imports.isEmpty)
    }

    @Test("Lines keep their numbers")
    func keepsLineNumbers() {
        let source = "/* a\nb */\n\nlet s = \"\"\"\n  x\n  \"\"\"\nfatalError(\"no\")"
        #expect(SwiftCode(source).lines(holding: "fatalError(") == [7])
    }

    @Test("An escaped quote does not end a string")
    func escapedQuote() {
        #expect(SwiftCode(#"print("a \" fatalError( b"); f()"#).code == #"print(""); f()"#)
    }
}
