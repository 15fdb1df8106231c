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
    name: "MessagePack",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [.library(name: "PhoenixMessagePack", targets: ["PhoenixMessagePack"])],
    dependencies: [.package(name: "PhoenixKit", path: "../..")],
    targets: [
        .target(
            name: "PhoenixMessagePack",
            dependencies: [.product(name: "PhoenixKit", package: "PhoenixKit")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "messagepack-cost",
            dependencies: [
                "PhoenixMessagePack",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixMessagePackTests",
            dependencies: [
                "PhoenixMessagePack",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
