import CPlatform

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

cp_prepare_heap()
Stream.reserveDescriptors()
Interruption.install()
Interruption.watch()
switch Entry.run() {
case .ended(let code): exit(code.rawValue)
case .folder(let command):
    Task.detached { exit(await command.run().rawValue) }
    while true { pause() }
}
