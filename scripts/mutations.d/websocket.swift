// swift-tools-version: 6.2
import PackageDescription

// The core, the WebSocket transport and its tests.
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
        .systemLibrary(name: "CZlib", path: "Sources/Serializers/CZlib", pkgConfig: "zlib"),
        .target(
            name: "PhoenixDeflate",
            dependencies: ["PhoenixKit", "CZlib"],
            path: "Sources/Serializers/Deflate",
            swiftSettings: settings
        ),
        .target(name: "CMallinfo", path: "Tests/CMallinfo"),
        .target(name: "PhoenixTesting", dependencies: ["PhoenixKit", "CMallinfo"], swiftSettings: settings),
        .testTarget(
            name: "PhoenixWebSocketTests",
            dependencies: [
                "PhoenixKit", "PhoenixDeflate", "PhoenixWebSocket", "PhoenixTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Autobahn/cases.json"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
