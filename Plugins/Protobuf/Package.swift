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
    name: "Protobuf",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "PhoenixProtobuf", targets: ["PhoenixProtobuf"]),
        // The messages of the example, generated from chat.proto.
        .library(name: "ChatMessages", targets: ["ChatMessages"]),
    ],
    dependencies: [
        .package(name: "PhoenixKit", path: "../.."),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .target(
            name: "PhoenixProtobuf",
            dependencies: [
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ChatMessages",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["chat.proto"],
            swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]
        ),
        .testTarget(
            name: "PhoenixProtobufTests",
            dependencies: [
                "ChatMessages", "PhoenixProtobuf",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
