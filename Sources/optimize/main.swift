#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

Stream.reserveDescriptors()
Interruption.install()
Task.detached { exit(await Entry.run().rawValue) }
Interruption.waitForSignals()
