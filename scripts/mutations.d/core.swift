// swift-tools-version: 6.2
import PackageDescription

// The core and its tests alone: no network, so that a mutation builds in seconds.
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
        .testTarget(
            name: "PhoenixKitTests",
            dependencies: [
                "PhoenixKit", "PhoenixJSON", "PhoenixTesting",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            exclude: ["Replay/Transcripts"],
            swiftSettings: settings
        ),
        .testTarget(name: "PhoenixJSONTests", dependencies: ["PhoenixKit", "PhoenixJSON"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
