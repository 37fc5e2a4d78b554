import Testing

@testable import Evaluation

@Suite("labels.csv")
struct LabelTableTests {
    @Test(
        "Tables without a header, with quotes, blank lines, further columns and a byte order mark",
        arguments: [
            ("a.png,1\n\"b \"\"x\"\", y.png\", 2\n", ["a.png", "b \"x\", y.png"], [1, 2]),
            ("\u{FEFF}a.png,0\n\n\nb.png,3,cat\n", ["a.png", "b.png"], [0, 3]),
            ("name,class\ra.png,5\r", ["a.png"], [5]),
        ])
    func read(text: String, names: [String], labels: [Int]) throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(text.utf8), to: "labels.csv")
        let table = try LabelTable.read(folder.path)
        #expect(table.paths == names.map { "\(folder.path)/\($0)" })
        #expect(table.labels == labels)
    }

    @Test(
        "Tables that are broken, or name files elsewhere, are refused",
        arguments: [
            "a.png,1\n../b.png,2\n", "a.png,1\n/etc/x,2\n", "a.png,1\nb.png\n", "\"a.png,1\nb.png,2", "a,1\n\"b\"c,2",
        ])
    func refused(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(text.utf8), to: "labels.csv")
        #expect(throws: DatasetError.self) { try LabelTable.read(folder.path) }
    }

    @Test(
        "Errors name the line, and what is wrong with it",
        arguments: [
            ("a.png,1\r\nb.png,x\r\n", 2, "form file,label"), ("\"a\n.png\",1\n\nb.png\n", 4, "form file,label"),
            ("a.png,1\n\n../b.png,2\n", 3, "outside"), ("a.png,1\nb\"c.png,2\n", 2, "quotation mark"),
            ("a.png;1\nb.png;2\n", 1, "form file,label"), ("first.png,O1\na.png,2\n", 1, "form file,label"),
        ])
    func errors(text: String, line: Int, problem: String) throws {
        let folder = try TemporaryFolder()
        try folder.write([], to: "first.png")
        try folder.write(Array(text.utf8), to: "labels.csv")
        let error = #expect(throws: DatasetError.self) { try LabelTable.read(folder.path) }
        #expect(error?.message.contains(problem) == true)
        #expect(error?.location == "\(folder.path)/labels.csv:\(line)")
    }

    @Test("No text ends the process", arguments: ["", "\"", ",", "\n\n", "\"\"\"", ",,\n,\"", "\u{0},\u{0}\n\"\r"])
    func survives(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(text.utf8), to: "labels.csv")
        _ = try? LabelTable.read(folder.path)
    }
}
