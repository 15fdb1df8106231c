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
    name: "Configuration",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [.library(name: "PhoenixConfiguration", targets: ["PhoenixConfiguration"])],
    dependencies: [
        .package(name: "PhoenixKit", path: "../.."),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .target(
            name: "PhoenixConfiguration",
            dependencies: [
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixConfigurationTests",
            dependencies: [
                "PhoenixConfiguration",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
                .product(name: "PhoenixLongPoll", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
