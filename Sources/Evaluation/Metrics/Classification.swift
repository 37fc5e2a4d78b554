/// Which class a model's scores name.
package enum Classification {
    /// The position of the first largest score, counted from the start of the collection; a score that is no number
    /// counts as the largest, as in NumPy's argmax. Zero if there are no scores.
    package static func firstMaximum(_ scores: some Collection<Float>) -> Int {
        var best = 0
        var largest = -Float.infinity
        var isFirst = true
        for (index, score) in scores.enumerated() {
            if score.isNaN { return index }
            if isFirst || score > largest {
                best = index
                largest = score
                isFirst = false
            }
        }
        return best
    }
}
