/// The architecture as data: what each target may import.
///
/// `Sources/README.md` shows the same table to readers, and `Package.swift` declares it to the package manager; tests
/// hold all three together. Change them in the same commit as the code.
struct Architecture: Sendable {
    struct Target: Sendable {
        let name: String
        /// The package's own modules, in any order.
        let modules: Set<String>
        /// The products of other packages.
        var products: Set<String> = []
        /// Modules of the toolchain and the system.
        var system: Set<String> = []
    }

    let targets: [Target]

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    /// The C library under its names on Linux, on macOS and in static Linux builds; `libc` in the table for readers.
    static let platform: Set<String> = ["Glibc", "Darwin", "Musl"]

    static let current = Architecture(targets: [
        Target(
            name: "optimize", modules: ["OptimizerKit", "Reporting", "CPlatform"], products: ["Subprocess"],
            system: platform.union(["Foundation", "FoundationEssentials", "Synchronization"])),
        Target(
            name: "OptimizerKit",
            modules: [
                "Reporting", "Evaluation", "Optimization", "Runtime", "TFLiteFormat", "ONNXFormat", "Operators",
                "ModelGraph",
            ], system: platform.union(["Foundation", "FoundationEssentials", "Synchronization"])),
        Target(name: "Reporting", modules: ["ModelGraph"], system: ["Foundation", "FoundationEssentials"]),
        Target(
            name: "Evaluation",
            modules: [
                "Runtime", "Operators", "ModelGraph", "CTurboJPEG", "CPNG", "CMinizip", "CDeflate", "CZlib", "CCSV",
            ],
            system: platform.union(["Synchronization"])),
        Target(
            name: "Optimization", modules: ["Runtime", "Operators", "ModelGraph"],
            system: platform.union(["Synchronization"])),
        Target(
            name: "Runtime", modules: ["Operators", "ModelGraph", "CKernels", "CPlatform"],
            system: platform.union(["Synchronization"])),
        Target(name: "TFLiteFormat", modules: ["Operators", "ModelGraph", "CTFLite"], system: platform),
        Target(name: "ONNXFormat", modules: ["Operators", "ModelGraph", "COnnx"], system: platform),
        Target(name: "Operators", modules: ["ModelGraph"], system: platform),
        Target(name: "ModelGraph", modules: ["CPlatform"], system: platform),
    ])
}
