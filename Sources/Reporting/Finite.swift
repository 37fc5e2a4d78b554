/// A measurement in a report: a number, or null where it was not made or is no finite number, which JSON cannot hold.
@propertyWrapper
package struct Finite: Sendable, Equatable, Codable {
    private var value: Double?

    package var wrappedValue: Double? {
        get { value }
        set { value = newValue.flatMap { $0.isFinite ? $0 : nil } }
    }

    package init(wrappedValue: Double?) {
        self.wrappedValue = wrappedValue
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self.init(wrappedValue: container.decodeNil() ? nil : try container.decode(Double.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

extension KeyedDecodingContainer {
    /// A measurement that an older report does not have reads as null.
    package func decode(_ type: Finite.Type, forKey key: Key) throws -> Finite {
        try decodeIfPresent(type, forKey: key) ?? Finite(wrappedValue: nil)
    }
}
