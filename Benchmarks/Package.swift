// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    traits: [
        .trait(name: "Network", description: "The cases that need a server; without it no SwiftNIO is compiled."),
        .default(enabledTraits: ["Network"]),
    ],
    dependencies: [
        .package(name: "PhoenixKit", path: ".."),
        .package(path: "../Plugins/AsyncHTTPClientEngine"),
        .package(path: "../Plugins/MessagePack"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .target(name: "Harness", swiftSettings: settings),
        .executableTarget(
            name: "deflate",
            dependencies: [
                "Harness",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixDeflate", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
        // Counts what is allocated; linked only where that is asked for.
        .target(name: "CHeap"),
        // The other end of every comparison, and the least that a client can do.
        .executableTarget(name: "blast-server", linkerSettings: [.linkedLibrary("pthread")]),
        .executableTarget(name: "bare-c"),
        .executableTarget(
            name: "bare-nio",
            dependencies: [
                "Harness",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // The least that the libraries can do for an echo over long polling.
        .executableTarget(name: "bare-urlsession", dependencies: ["Harness"], swiftSettings: settings),
        .executableTarget(
            name: "bare-asynchttp",
            dependencies: [
                "Harness",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // The other end where the server must know of long polling or compression.
        .executableTarget(
            name: "site-server",
            dependencies: [
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
        // Our client, on a real connection and without a network.
        .executableTarget(
            name: "client",
            dependencies: [
                "CHeap", "Harness",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
                .product(name: "PhoenixMessagePack", package: "MessagePack"),
                .product(name: "PhoenixDeflate", package: "PhoenixKit", condition: .when(traits: ["Network"])),
                .product(name: "PhoenixLongPoll", package: "PhoenixKit", condition: .when(traits: ["Network"])),
                .product(name: "PhoenixWebSocket", package: "PhoenixKit", condition: .when(traits: ["Network"])),
                .product(
                    name: "PhoenixAsyncHTTPClient",
                    package: "AsyncHTTPClientEngine",
                    condition: .when(traits: ["Network"])
                ),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
