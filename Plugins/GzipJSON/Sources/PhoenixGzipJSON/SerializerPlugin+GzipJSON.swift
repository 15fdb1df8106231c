public import PhoenixKit

extension SerializerPlugin {
    /// JSON compressed with gzip under the name `gzip-json`, as version 2.0.0.
    public static let gzipJSON = gzipJSON(version: "2.0.0")

    /// JSON compressed with gzip under the name `gzip-json`, as a version of its own, for sockets that speak plain JSON as
    /// well.
    public static func gzipJSON(
        version: String,
        limits: GzipLimits = GzipLimits(),
        level: Int = 6
    ) -> SerializerPlugin {
        SerializerPlugin(name: "gzip-json", versions: [version]) { version, _ in
            GzipJSONSerializer(version: version, limits: limits, level: level)
        }
    }
}
