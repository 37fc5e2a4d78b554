/// The SHA-256 digest.
///
/// - Source: FIPS 180-4, sections 4.1.2, 5.3.3 and 6.2.
enum SHA256 {
    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = primes(64).map { fraction(of: $0, root: 3) }
    /// The same of the square roots of the first 8 primes.
    private static let initial: [UInt32] = primes(8).map { fraction(of: $0, root: 2) }

    /// - Complexity: O(bytes)
    static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
        var state = initial
        var words = [UInt32](repeating: 0, count: 64)
        let whole = bytes.count / 64 * 64
        for start in stride(from: 0, to: whole, by: 64) {
            update(&state, &words, UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 64)]))
        }
        var tail = Array(bytes[whole...]) + [0x80]
        while tail.count % 64 != 56 { tail.append(0) }
        let bitCount = UInt64(bytes.count) &* 8
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            tail.append(UInt8(truncatingIfNeeded: bitCount >> shift))
        }
        tail.withUnsafeBytes { tail in
            for start in stride(from: 0, to: tail.count, by: 64) {
                update(&state, &words, UnsafeRawBufferPointer(rebasing: tail[start..<(start + 64)]))
            }
        }
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private static func update(_ state: inout [UInt32], _ words: inout [UInt32], _ block: UnsafeRawBufferPointer) {
        func rotate(_ x: UInt32, _ count: UInt32) -> UInt32 { x >> count | x << (32 - count) }
        state.withUnsafeMutableBufferPointer { state in
            words.withUnsafeMutableBufferPointer { w in
                constants.withUnsafeBufferPointer { k in
                    for t in 0..<16 {
                        w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self))
                    }
                    for t in 16..<64 {
                        let s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3
                        let s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10
                        w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
                    }
                    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
                    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
                    for t in 0..<64 {
                        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                        let t1 = h &+ sum1 &+ ((e & f) ^ (~e & g)) &+ k[t] &+ w[t]
                        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                        let t2 = sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
                        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
                    }
                    for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
                }
            }
        }
    }

    private static func primes(_ count: Int) -> [UInt64] {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes
    }

    /// ⌊2³²·prime^(1/root)⌋ mod 2³², found bit by bit in whole numbers.
    private static func fraction(of prime: UInt64, root: Int) -> UInt32 {
        // x = prime^(1/root)·2³² < 2³⁷; x^root is compared with prime·2^(32·root) in 128 bits.
        var x: UInt128 = 0
        let target = UInt128(prime) << UInt128(32 * root)
        for bit in stride(from: 37, through: 0, by: -1) {
            let candidate = x | 1 << UInt128(bit)
            let power = root == 2 ? candidate * candidate : candidate * candidate * candidate
            if power <= target { x = candidate }
        }
        return UInt32(truncatingIfNeeded: x)
    }
}
