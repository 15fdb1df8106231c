/// Makes the `phx_ref` of presences: sixteen characters of a URL-safe alphabet, never the same twice in a server's life.
struct PresenceReferences {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Differs from server to server, so that references of two servers do not meet.
    private let prefix = UInt32.random(in: 0..<(1 << 30))
    private var count: UInt64 = 0

    mutating func next() -> String {
        count &+= 1
        var characters: [UInt8] = []
        for shift in stride(from: 24, through: 0, by: -6) {
            characters.append(Self.alphabet[Int(prefix >> UInt32(shift) & 63)])
        }
        for shift in stride(from: 60, through: 0, by: -6) {
            characters.append(Self.alphabet[Int(count >> UInt64(shift) & 63)])
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
