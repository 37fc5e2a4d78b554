// swift-tools-version: 6.1
import PackageDescription

/// Warnings are errors. `unsafeFlags` would keep other packages from depending on this one, so `Scripts` pass
/// `-Xswiftc -warnings-as-errors` instead; the language mode makes data races compile errors here.
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

let package = Package(
    name: "optimize",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "optimize", targets: ["optimize"]),
        .library(name: "OptimizerKit", targets: ["OptimizerKit"]),
    ],
    dependencies: [
        // Child processes for folder runs: each model in a process of its own, with limits and clean cancellation.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2")
    ],
    targets: [
        .executableTarget(
            name: "optimize",
            dependencies: [
                "OptimizerKit", "Reporting", "CPlatform",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ], swiftSettings: swift),
        .target(
            name: "OptimizerKit",
            dependencies: [
                "Reporting", "Evaluation", "Optimization", "Runtime", "TFLiteFormat", "ONNXFormat", "Operators",
                "ModelGraph",
            ], swiftSettings: swift),
        .target(name: "Reporting", dependencies: ["ModelGraph"], swiftSettings: swift),
        .target(
            name: "Evaluation",
            dependencies: [
                "Runtime", "Operators", "ModelGraph", "CTurboJPEG", "CPNG", "CMinizip", "CDeflate", "CZlib", "CCSV",
            ], swiftSettings: swift),
        .target(
            name: "Optimization", dependencies: ["Runtime", "Operators", "ModelGraph"], swiftSettings: swift),
        .target(
            name: "Runtime", dependencies: ["Operators", "ModelGraph", "CKernels", "CPlatform"], swiftSettings: swift),
        .target(name: "TFLiteFormat", dependencies: ["Operators", "ModelGraph", "CTFLite"], swiftSettings: swift),
        .target(name: "ONNXFormat", dependencies: ["Operators", "ModelGraph", "COnnx"], swiftSettings: swift),
        .target(name: "Operators", dependencies: ["ModelGraph"], swiftSettings: swift),
        .target(name: "ModelGraph", dependencies: ["CPlatform"], swiftSettings: swift),

        .target(name: "CPlatform"),
        .target(name: "CKernels"),
        .target(name: "CTFLite", dependencies: ["CFlatBuffers"]),
        .target(name: "COnnx", dependencies: ["CProtobufC"], exclude: ["schema/onnx.proto"]),

        // TFLite files are FlatBuffers: its verifier, reflection and builder stand behind CTFLite's C functions.
        .systemLibrary(
            name: "CFlatBuffers", pkgConfig: "flatbuffers",
            providers: [.apt(["libflatbuffers-dev"]), .brew(["flatbuffers"])]),
        // ONNX files are protobuf messages: protobuf-c reads and packs them behind COnnx's functions.
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
        // JPEG data sets; libjpeg-turbo decodes to the same pixels as the training tools do.
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
        // PNG data sets.
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
        // .npz files are zip archives. zlib's own minizip, because it brings nothing but zlib with it: libzip loads a
        // library of ciphers into each process, which takes longer than a small model does.
        .systemLibrary(
            name: "CMinizip", pkgConfig: "minizip", providers: [.apt(["libminizip-dev"]), .brew(["minizip"])]),
        // Checksums of archives, four times as fast as zlib's: a data set is read at the speed of memory.
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
        // The labels of image folders: tables written by spreadsheets, with quotes, commas and line ends as they come.
        // A C library, because the packages in Swift need Foundation, and with it 40 MB of data about languages.
        .systemLibrary(name: "CCSV", providers: [.apt(["libcsv-dev"]), .brew(["libcsv"])]),
        // Compressed sizes in the report are gzip's.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

        .testTarget(name: "ModelGraphTests", dependencies: ["ModelGraph"], swiftSettings: swift),
        .testTarget(name: "OperatorsTests", dependencies: ["Operators", "ModelGraph"], swiftSettings: swift),
        .testTarget(
            name: "TFLiteFormatTests", dependencies: ["TFLiteFormat", "CTFLite", "Operators", "ModelGraph"],
            swiftSettings: swift),
        .testTarget(
            name: "ONNXFormatTests", dependencies: ["ONNXFormat", "Operators", "ModelGraph"], exclude: ["Fixtures"],
            swiftSettings: swift),
        // Counts what the tests' process allocates.
        .target(name: "CAllocations", path: "Tests/CAllocations"),
        .testTarget(
            name: "RuntimeTests",
            dependencies: [
                "Runtime", "ONNXFormat", "TFLiteFormat", "Evaluation", "Operators", "ModelGraph", "CKernels",
                "CAllocations",
            ],
            resources: [.copy("Golden")], swiftSettings: swift),
        .testTarget(
            name: "EvaluationTests",
            dependencies: ["Evaluation", "Runtime", "TFLiteFormat", "Operators", "ModelGraph"],
            swiftSettings: swift),
        .testTarget(
            name: "OptimizationTests",
            dependencies: ["Optimization", "Runtime", "TFLiteFormat", "ONNXFormat", "Operators", "ModelGraph"],
            exclude: ["Golden"], swiftSettings: swift),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting", "ModelGraph"], swiftSettings: swift),
        .testTarget(
            name: "OptimizerKitTests", dependencies: ["OptimizerKit", "Reporting", "Evaluation", "ModelGraph"],
            swiftSettings: swift),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "optimize", "OptimizerKit", .product(name: "Subprocess", package: "swift-subprocess"),
            ], swiftSettings: swift),
        .testTarget(name: "ArchitectureTests", swiftSettings: swift),
    ],
    cxxLanguageStandard: .cxx17
)
