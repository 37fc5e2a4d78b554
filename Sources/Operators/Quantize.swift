import ModelGraph

/// Real numbers to integers, or integers to integers of another scale, as the result's quantization says.
package struct Quantize: Operation, Equatable {
    package init() {}
    package var name: String { "Quantize" }
}

/// Integers, or narrower floating-point numbers, to real numbers.
package struct Dequantize: Operation, Equatable {
    package init() {}
    package var name: String { "Dequantize" }
}
