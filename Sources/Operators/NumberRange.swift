import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// start, start + delta, … up to and without the limit. Operands: start, limit, delta, all of one type.
package struct NumberRange: Operation, Equatable {
    package init() {}
    package var name: String { "Range" }

    /// How many numbers there are.
    ///
    /// - Throws: `GraphError` if the delta is 0, or there is no end.
    package static func count(start: Double, limit: Double, delta: Double) throws(GraphError) -> Int {
        let count = ((limit - start) / delta).rounded(.up)
        guard delta != 0, count < Double(Int32.max) else {
            throw GraphError(.invalidAttribute, "a range from \(start) to \(limit) by \(delta)")
        }
        return count > 0 ? Int(count) : 0
    }

    /// The same for whole numbers.
    package static func count(start: Int, limit: Int, delta: Int) throws(GraphError) -> Int {
        let (distance, overflow) = limit.subtractingReportingOverflow(start)
        guard delta != 0, !overflow, distance != .min, delta != .min else {
            throw GraphError(.invalidAttribute, "a range from \(start) to \(limit) by \(delta)")
        }
        guard distance.signum() == delta.signum() else { return 0 }
        return (abs(distance) - 1) / abs(delta) + 1
    }

    /// The numbers' bytes; nil if an operand is not constant.
    package func values(from inputs: [TensorFacts?]) throws(GraphError) -> (type: ElementType, count: Int)? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        let type = try operands.required(0).type
        for index in 1...2 where try operands.required(index).type != type {
            throw GraphError(.typeMismatch, "a range of \(type) by \(try operands.required(index).type)")
        }
        if let numbers = try operands.wholeNumbers(0...2) {
            return (type, try NumberRange.count(start: numbers[0], limit: numbers[1], delta: numbers[2]))
        }
        guard let numbers = try operands.realNumbers(0...2) else { return nil }
        return (type, try NumberRange.count(start: numbers[0], limit: numbers[1], delta: numbers[2]))
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let (type, count) = try values(from: inputs) else { return nil }
        return try Operands.result(type, [count])
    }
}
