// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours builds in Swift 6 mode, without a single warning.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "PhoenixKit",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "PhoenixKit", targets: ["PhoenixKit"]),
        .library(name: "PhoenixWebSocket", targets: ["PhoenixWebSocket"]),
        .library(name: "PhoenixLongPoll", targets: ["PhoenixLongPoll"]),
        .library(name: "PhoenixJSON", targets: ["PhoenixJSON"]),
        .library(name: "PhoenixDeflate", targets: ["PhoenixDeflate"]),
        .library(name: "Phoenix", targets: ["Phoenix"]),
        .library(name: "PhoenixService", targets: ["PhoenixService"]),
        .library(name: "PhoenixTesting", targets: ["PhoenixTesting"]),
        .library(name: "PhoenixTestServer", targets: ["PhoenixTestServer"]),
        .executable(name: "phx", targets: ["phx"]),
        .plugin(name: "NewPhoenixPlugin", targets: ["NewPhoenixPlugin"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
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
        .systemLibrary(
            name: "CZlib",
            path: "Sources/Serializers/CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["libz-dev"]), .brew(["zlib"])]
        ),
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
        .target(
            name: "PhoenixService",
            dependencies: [
                "PhoenixKit",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "PhoenixTesting",
            dependencies: ["PhoenixKit", "CMallinfo"],
            swiftSettings: settings
        ),
        .target(
            name: "PhoenixTestServer",
            dependencies: [
                "PhoenixKit", "PhoenixJSON", "PhoenixDeflate",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "phx",
            dependencies: [
                "Phoenix", "PhoenixTestServer",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .plugin(
            name: "NewPhoenixPlugin",
            capability: .command(
                intent: .custom(
                    verb: "new-phoenix-plugin",
                    description:
                        "Writes the package of a new serializer or transport: new-phoenix-plugin serializer|transport NAME"
                ),
                permissions: [.writeToPackageDirectory(reason: "It writes the new package into a folder of its own.")]
            ),
            path: "Plugins/NewPhoenixPlugin",
            exclude: ["Templates"]
        ),
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
        .target(name: "CMallinfo", path: "Tests/CMallinfo"),
        .executableTarget(
            name: "soak",
            dependencies: ["CMallinfo", "Phoenix", "PhoenixTestServer"],
            path: "Tests/Soak",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "autobahn-client",
            dependencies: ["Phoenix"],
            path: "Tests/Autobahn",
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixTests",
            dependencies: [
                "Phoenix", "PhoenixTesting", "PhoenixTestServer",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixServiceTests",
            dependencies: [
                "PhoenixKit", "PhoenixJSON", "PhoenixService", "PhoenixTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixTestingTests",
            dependencies: ["PhoenixKit", "PhoenixJSON", "PhoenixDeflate", "PhoenixTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixJSONTests",
            dependencies: ["PhoenixKit", "PhoenixJSON"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixDeflateTests",
            dependencies: ["PhoenixKit", "PhoenixDeflate", "CMallinfo"],
            exclude: ["inflate_peer.py"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixWebSocketTests",
            dependencies: [
                "PhoenixKit", "PhoenixDeflate", "PhoenixWebSocket", "PhoenixTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Autobahn/cases.json"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixLongPollTests",
            dependencies: ["PhoenixKit", "PhoenixJSON", "PhoenixLongPoll", "PhoenixTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixTestServerTests",
            dependencies: [
                "PhoenixKit", "PhoenixJSON", "PhoenixDeflate", "PhoenixTestServer",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "phxTests",
            dependencies: [
                "phx", "Phoenix", "PhoenixTestServer", "PhoenixTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
