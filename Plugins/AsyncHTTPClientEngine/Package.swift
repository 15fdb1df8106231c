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
    name: "AsyncHTTPClientEngine",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [.library(name: "PhoenixAsyncHTTPClient", targets: ["PhoenixAsyncHTTPClient"])],
    dependencies: [
        .package(name: "PhoenixKit", path: "../.."),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .target(
            name: "PhoenixAsyncHTTPClient",
            dependencies: [
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixLongPoll", package: "PhoenixKit"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "request-cost",
            dependencies: [
                "PhoenixAsyncHTTPClient",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixLongPoll", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixAsyncHTTPClientTests",
            dependencies: [
                "PhoenixAsyncHTTPClient",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixLongPoll", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
                .product(name: "PhoenixWebSocket", package: "PhoenixKit"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
