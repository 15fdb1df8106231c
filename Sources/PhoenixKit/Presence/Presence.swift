/// Somebody who is present on a topic: a key, such as a user's id, and a meta for each of their joins.
public struct Presence: Sendable, Hashable {
    /// What is known of one join: a browser tab, a device.
    public struct Meta: Sendable, Hashable {
        /// All its members, `phx_ref` included.
        public var value: Value

        /// The reference that the server gave it (`phx_ref`), when it is a string.
        public var reference: String? { value["phx_ref"]?.string }

        /// The reference that it had before its last update (`phx_ref_prev`), when it is a string.
        public var previousReference: String? { value["phx_ref_prev"]?.string }

        /// The meta as a type of your own.
        ///
        /// - Throws: `PhoenixError` with the code `.decoding`.
        public func decode<Meta: Decodable>(
            _ type: Meta.Type = Meta.self,
            as format: any PayloadFormat
        ) throws(PhoenixError) -> Meta {
            let bytes: Bytes
            do {
                bytes = try format.encode(value: value)
            } catch {
                throw PhoenixError(
                    .decoding,
                    "Expected a meta that \(format.name) can express, got another.",
                    cause: error
                )
            }
            return try Payload(bytes, format: format).decode(type)
        }

        /// What metas are told apart by: whatever stands under `phx_ref`, also where that is no string or missing.
        var identity: Value { value["phx_ref"] ?? .null }
    }

    /// The key.
    public var key: String
    /// The metas, those that joined first first.
    public var metas: [Meta]
    /// What the server added beside the metas (`fetch/2` of `Phoenix.Presence`).
    public var fields: [String: Value]

    /// Reads the entry of `key`.
    ///
    /// - Throws: `.decoding`.
    init(_ key: String, _ entry: Value) throws(PhoenixError) {
        guard case .object(var members) = entry else {
            throw PhoenixError(.decoding, "Expected an object for each key of a presence, got something else.")
        }
        self.key = key
        switch members.removeValue(forKey: "metas") {
        case .array(let metas)?: self.metas = metas.map { Meta(value: $0) }
        case nil, .null?: metas = []
        case .some:
            throw PhoenixError(.decoding, "Expected a list of metas for each key of a presence, got something else.")
        }
        fields = members
    }

    /// The entries of a presence, by key.
    static func entries(_ value: Value?) throws(PhoenixError) -> [String: Presence] {
        guard let value, value != .null else { return [:] }
        guard case .object(let members) = value else {
            throw PhoenixError(
                .decoding,
                "Expected an object with a member for each key of a presence, got something else."
            )
        }
        var entries: [String: Presence] = [:]
        for (key, entry) in members { entries[key] = try Presence(key, entry) }
        return entries
    }
}

/// Somebody came or went.
public enum PresenceChange: Sendable, Hashable {
    /// A key is new, or has new metas: what was known of it before, and what has come.
    case joined(current: Presence?, new: Presence)
    /// Metas are gone: what is left of the key, without metas when it is gone altogether, and what went.
    case left(current: Presence, left: Presence)

    /// The key it is about.
    public var key: String {
        switch self {
        case .joined(_, let new): new.key
        case .left(let current, _): current.key
        }
    }
}
