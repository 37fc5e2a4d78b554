/// One extent of a shape.
package enum Dimension: Hashable, Sendable {
    case fixed(Int)
    /// An extent known only when running. `symbol` is its name in the file, if any; `placeholder` is the extent that
    /// the file itself stores for planning (TFLite stores 1 beside the -1 of its shape signature).
    case dynamic(symbol: String? = nil, placeholder: Int? = nil)

    /// The extent to plan with; nil if nothing is known.
    package var size: Int? {
        switch self {
        case .fixed(let size): size
        case .dynamic(_, let placeholder): placeholder
        }
    }

    package var isDynamic: Bool {
        if case .dynamic = self { true } else { false }
    }
}

/// The extents of a tensor, outermost first. A scalar has none.
package struct Shape: Hashable, Sendable {
    package var dimensions: [Dimension]

    package init(dimensions: [Dimension]) { self.dimensions = dimensions }
    package init(_ sizes: [Int]) { dimensions = sizes.map(Dimension.fixed) }

    package var rank: Int { dimensions.count }
    package var isDynamic: Bool { dimensions.contains(where: \.isDynamic) }

    /// The extents to plan with; nil if one is unknown.
    package var sizes: [Int]? {
        var sizes: [Int] = []
        sizes.reserveCapacity(dimensions.count)
        for dimension in dimensions {
            guard let size = dimension.size else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    /// The number of elements; nil if an extent is unknown or negative, or the product does not fit an `Int`.
    package var elementCount: Int? { sizes.flatMap(Shape.elementCount) }

    /// The product of `sizes`; nil if one is negative or the product does not fit an `Int`.
    ///
    /// A 0 does not make up for what lies behind it: products of some of the extents fit an `Int` as well.
    package static func elementCount(_ sizes: [Int]) -> Int? {
        var (count, isEmpty) = (1, false)
        for size in sizes {
            guard size >= 0 else { return nil }
            guard size > 0 else {
                isEmpty = true
                continue
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            count = product
        }
        return isEmpty ? 0 : count
    }

    /// Whether the product of those of `sizes` that are not 0 leaves room for products with sizes of elements and the
    /// like, and none is negative.
    package static func isCountable(_ sizes: [Int]) -> Bool {
        guard let count = elementCount(sizes.map { $0 == 0 ? 1 : $0 }) else { return false }
        return count <= 1 << 48
    }
}

extension Shape: ExpressibleByArrayLiteral {
    package init(arrayLiteral sizes: Int...) { self.init(sizes) }
}

extension Shape: CustomStringConvertible {
    /// `[1, 96, 96, 3]`, with `?` or the symbol's name for a dynamic extent.
    package var description: String {
        let parts = dimensions.map { dimension in
            switch dimension {
            case .fixed(let size): "\(size)"
            case .dynamic(let symbol, _): symbol ?? "?"
            }
        }
        return "[\(parts.joined(separator: ", "))]"
    }
}
