// swift-tools-version: 6.2
import PackageDescription

// The serializers among the plug-ins and their tests: no network, so that a mutation builds in seconds.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "PhoenixKit",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
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
        .target(name: "CMallinfo", path: "Tests/CMallinfo"),
        .target(name: "PhoenixTesting", dependencies: ["PhoenixKit", "CMallinfo"], swiftSettings: settings),
        .target(
            name: "PhoenixMessagePack",
            dependencies: ["PhoenixKit"],
            path: "Plugins/MessagePack/Sources/PhoenixMessagePack",
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixMessagePackTests",
            dependencies: ["PhoenixKit", "PhoenixJSON", "PhoenixMessagePack", "PhoenixTesting"],
            path: "Plugins/MessagePack/Tests/PhoenixMessagePackTests",
            swiftSettings: settings
        ),
        .systemLibrary(name: "CGzip", path: "Plugins/GzipJSON/Sources/CGzip", pkgConfig: "zlib"),
        .target(
            name: "PhoenixGzipJSON",
            dependencies: ["CGzip", "PhoenixKit", "PhoenixJSON"],
            path: "Plugins/GzipJSON/Sources/PhoenixGzipJSON",
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixGzipJSONTests",
            dependencies: ["PhoenixKit", "PhoenixJSON", "PhoenixGzipJSON", "PhoenixTesting"],
            path: "Plugins/GzipJSON/Tests/PhoenixGzipJSONTests",
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
