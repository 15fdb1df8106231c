// swift-tools-version: 6.2
import PackageDescription

// The core, permessage-deflate and its tests.
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
        .systemLibrary(name: "CZlib", path: "Sources/Serializers/CZlib", pkgConfig: "zlib"),
        .target(
            name: "PhoenixDeflate",
            dependencies: ["PhoenixKit", "CZlib"],
            path: "Sources/Serializers/Deflate",
            swiftSettings: settings
        ),
        .target(name: "CMallinfo", path: "Tests/CMallinfo"),
        .testTarget(
            name: "PhoenixDeflateTests",
            dependencies: ["PhoenixKit", "PhoenixDeflate", "CMallinfo"],
            exclude: ["inflate_peer.py"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
