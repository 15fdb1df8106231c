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
    name: "UnixSocket",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [.library(name: "PhoenixUnixSocket", targets: ["PhoenixUnixSocket"])],
    dependencies: [
        .package(name: "PhoenixKit", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(
            name: "PhoenixUnixSocket",
            dependencies: [
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixWebSocket", package: "PhoenixKit"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixUnixSocketTests",
            dependencies: [
                "PhoenixUnixSocket",
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
