import ModelGraph

/// Sums of products over axes that an equation names, as NumPy's `einsum` has it.
package struct Einsum: Operation, Equatable {
    package var equation: String

    package init(_ equation: String) { self.equation = equation }

    package var name: String { "Einsum" }

    /// Every axis that is named, those of the result first.
    package struct Axes: Sendable, Equatable {
        package var sizes: [Int]
        /// How many are the result's.
        package var kept: Int
        /// The elements between neighbours along each axis, for each operand; 0 where it does not have the axis.
        package var strides: [[Int]]
    }

    private enum Label: Hashable {
        case letter(Character)
        /// An axis of an ellipsis, counted from the last.
        case other(Int)
    }

    /// - Parameter operands: their extents.
    /// - Throws: `GraphError` if the equation is none, or does not fit the operands.
    package func axes(_ operands: [[Int]]) throws(GraphError) -> Axes {
        func refused() -> GraphError {
            let shapes = operands.map { Shape($0).description }.joined(separator: ", ")
            return GraphError(.invalidAttribute, "the equation '\(equation)' for operands of shape \(shapes)")
        }
        let text = equation.filter { $0 != " " }
        let sides = Einsum.split(text, at: "->")
        guard sides.count <= 2, text.count <= 1024 else { throw refused() }
        let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard terms.count == operands.count else { throw refused() }
        var sizes: [Label: Int] = [:]
        var labels: [[Label]] = []
        var counts: [Label: Int] = [:]
        for (term, operand) in zip(terms, operands) {
            guard let named = Einsum.labels(of: term, rank: operand.count), named.count == operand.count else {
                throw refused()
            }
            for (label, size) in zip(named, operand) {
                let known = sizes[label] ?? 1
                guard known == size || known == 1 || size == 1 else { throw refused() }
                sizes[label] = known == 1 ? size : known
                counts[label, default: 0] += 1
            }
            labels.append(named)
        }
        let others = sizes.keys.compactMap { if case .other(let index) = $0 { index } else { nil } }.sorted(by: >)
        var kept: [Label]
        if sides.count == 2 {
            guard let named = Einsum.labels(of: sides[1], rank: nil, others: others.count),
                Set(named).count == named.count, named.allSatisfy({ sizes[$0] != nil })
            else { throw refused() }
            kept = named
        } else {
            let once = counts.filter { $0.value == 1 }.keys.compactMap { label -> Character? in
                if case .letter(let letter) = label { letter } else { nil }
            }
            kept = others.map(Label.other) + once.sorted().map(Label.letter)
        }
        let summed = labels.joined().reduce(into: [Label]()) { found, label in
            if !kept.contains(label), !found.contains(label) { found.append(label) }
        }
        let all = kept + summed
        let strides = zip(labels, operands).map { named, operand in
            var step = 1
            var strides: [Label: Int] = [:]
            for (label, size) in zip(named, operand).reversed() {
                // An axis that is named twice is walked along the diagonal.
                if size > 1 { strides[label, default: 0] += step }
                step *= max(size, 1)
            }
            return all.map { strides[$0] ?? 0 }
        }
        return Axes(sizes: all.map { sizes[$0] ?? 1 }, kept: kept.count, strides: strides)
    }

    private static func split(_ text: String, at arrow: String) -> [String] {
        guard let place = text.firstIndex(of: "-"), text[place...].hasPrefix(arrow) else { return [text] }
        let behind = text.index(place, offsetBy: 2)
        return [String(text[..<place]), String(text[behind...])]
    }

    /// The labels of a term; an ellipsis stands for as many axes as the rank leaves, or for `others`.
    private static func labels(of term: String, rank: Int?, others: Int = 0) -> [Label]? {
        let parts = term.split(separator: ".", omittingEmptySubsequences: false)
        let letters = parts.joined()
        guard parts.count == 1 || parts.count == 4 && parts[1].isEmpty && parts[2].isEmpty,
            letters.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return nil }
        guard parts.count == 4 else { return term.map(Label.letter) }
        let count = rank.map { $0 - letters.count } ?? others
        guard count >= 0 else { return nil }
        return parts[0].map(Label.letter) + (0..<count).reversed().map(Label.other) + parts[3].map(Label.letter)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        guard !inputs.isEmpty else { throw GraphError(.invalidAttribute, "\(name) without operands") }
        var shapes: [[Int]] = []
        for index in inputs.indices {
            guard let sizes = try operands.sizes(index) else { return nil }
            shapes.append(sizes)
        }
        let axes = try axes(shapes)
        return try Operands.result(try operands.required(0).type, Array(axes.sizes.prefix(axes.kept)))
    }
}
