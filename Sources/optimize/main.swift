import CPlatform

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

cp_grow_heap_in_large_steps()
Stream.reserveDescriptors()
Interruption.install()
Interruption.watch()
switch Entry.run() {
case .ended(let code): exit(code.rawValue)
case .folder(let command):
    Task.detached { exit(await command.run().rawValue) }
    while true { pause() }
}
