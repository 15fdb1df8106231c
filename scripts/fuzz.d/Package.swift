// swift-tools-version: 6.2
import PackageDescription

// What is fuzzed, and the fuzzer: built apart from the package because it looks into modules that are optimised.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "PhoenixKitFuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .target(
            name: "PhoenixKit",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
        .target(name: "CByteScan"),
        .target(
            name: "PhoenixJSON",
            dependencies: ["PhoenixKit", "CByteScan"],
            path: "Sources/Serializers/JSON",
            swiftSettings: settings
        ),
        .systemLibrary(name: "CZlib", path: "Sources/Serializers/CZlib", pkgConfig: "zlib"),
        .target(
            name: "PhoenixDeflate",
            dependencies: ["PhoenixKit", "CZlib"],
            path: "Sources/Serializers/Deflate",
            swiftSettings: settings
        ),
        .target(
            name: "PhoenixWebSocket",
            dependencies: [
                "PhoenixKit", "CByteScan",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources/Transports/WebSocket",
            swiftSettings: settings
        ),
        .target(
            name: "PhoenixLongPoll",
            dependencies: [
                "PhoenixKit",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Transports/LongPoll",
            swiftSettings: settings
        ),
        .target(
            name: "Phoenix",
            dependencies: ["PhoenixKit", "PhoenixJSON", "PhoenixDeflate", "PhoenixWebSocket", "PhoenixLongPoll"],
            swiftSettings: settings
        ),
        .target(name: "CFuzzSupport", path: "Tests/Fuzz/CFuzzSupport"),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CFuzzSupport", "Phoenix", "PhoenixDeflate", "PhoenixJSON", "PhoenixKit", "PhoenixLongPoll",
                "PhoenixWebSocket",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Tests/Fuzz/Targets",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz",
            dependencies: ["CFuzzSupport", "FuzzTargets"],
            path: "Tests/Fuzz/Runner",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "libfuzzer",
            dependencies: ["FuzzTargets"],
            path: "Tests/Fuzz/LibFuzzer",
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
