// swift-tools-version: 6.2
import PackageDescription

// The core, the long-poll transport and its tests: no SwiftNIO, so that a mutation builds in seconds.
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
        .target(
            name: "PhoenixLongPoll",
            dependencies: ["PhoenixKit", .product(name: "Logging", package: "swift-log")],
            path: "Sources/Transports/LongPoll",
            swiftSettings: settings
        ),
        .target(name: "CMallinfo", path: "Tests/CMallinfo"),
        .target(name: "PhoenixTesting", dependencies: ["PhoenixKit", "CMallinfo"], swiftSettings: settings),
        .testTarget(
            name: "PhoenixLongPollTests",
            dependencies: ["PhoenixKit", "PhoenixJSON", "PhoenixLongPoll", "PhoenixTesting"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
