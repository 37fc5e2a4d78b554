#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Double {
    var log10: Double {
        #if canImport(Glibc)
        Glibc.log10(self)
        #elseif canImport(Musl)
        Musl.log10(self)
        #else
        Darwin.log10(self)
        #endif
    }
}
