// swift-tools-version: 6.2
import PackageDescription

/// What the examples are made of.
let products: [String: Target.Dependency] = [
    "Configuration": .product(name: "Configuration", package: "swift-configuration"),
    "Logging": .product(name: "Logging", package: "swift-log"),
    "Phoenix": .product(name: "Phoenix", package: "PhoenixKit"),
    "PhoenixConfiguration": .product(name: "PhoenixConfiguration", package: "Configuration"),
    "PhoenixService": .product(name: "PhoenixService", package: "PhoenixKit"),
    "PhoenixTestServer": .product(name: "PhoenixTestServer", package: "PhoenixKit"),
    "ServiceLifecycle": .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]

func example(_ name: String, _ used: [String]) -> Target {
    .executableTarget(
        name: name,
        dependencies: used.compactMap { products[$0] },
        path: name,
        swiftSettings: [.treatAllWarnings(as: .error)]
    )
}

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "PhoenixKit", path: ".."),
        .package(name: "Configuration", path: "../Plugins/Configuration"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        example("Chat", ["Phoenix"]),
        example("ConfiguredClient", ["Phoenix", "Configuration", "PhoenixConfiguration"]),
        example("CustomSerializer", ["Phoenix", "PhoenixTestServer"]),
        example("FallbackClient", ["Phoenix", "PhoenixTestServer"]),
        example("FirstChannel", ["Phoenix", "PhoenixTestServer"]),
        example("PingClient", ["Phoenix", "PhoenixTestServer", "ServiceLifecycle", "Logging"]),
        example("PresenceBoard", ["Phoenix", "PhoenixTestServer"]),
        example("Service", ["Phoenix", "PhoenixService", "PhoenixTestServer", "ServiceLifecycle", "Logging"]),
    ],
    swiftLanguageModes: [.v6]
)
