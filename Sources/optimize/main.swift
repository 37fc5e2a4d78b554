#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// Before there is any other thread, so that all of them inherit which signals are blocked.
Interruption.install()
let status = await Entry.run()
exit(status.rawValue)
