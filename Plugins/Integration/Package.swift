// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// The plug-ins that need no SwiftNIO of their own, over the WebSocket against the embedded server.
let package = Package(
    name: "PluginIntegration",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    dependencies: [
        .package(name: "PhoenixKit", path: "../.."),
        .package(path: "../GzipJSON"),
        .package(path: "../MessagePack"),
        .package(path: "../Protobuf"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .testTarget(
            name: "PluginIntegrationTests",
            dependencies: [
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
                .product(name: "PhoenixGzipJSON", package: "GzipJSON"),
                .product(name: "PhoenixMessagePack", package: "MessagePack"),
                .product(name: "ChatMessages", package: "Protobuf"),
                .product(name: "PhoenixProtobuf", package: "Protobuf"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        )
    ],
    swiftLanguageModes: [.v6]
)
