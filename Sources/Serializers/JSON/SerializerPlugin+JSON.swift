public import PhoenixKit

extension SerializerPlugin {
    /// JSON in the versions 2.0.0 (arrays, binary frames) and 1.0.0 (maps), under the name `json`.
    public static let json = SerializerPlugin(name: "json", versions: ["2.0.0", "1.0.0"]) { version, _ in
        version == JSONSerializer.v1.version ? JSONSerializer.v1 : JSONSerializer.v2
    }
}
