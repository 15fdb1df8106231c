internal import PhoenixKit

/// The parts of a message, found in the text of a frame.
///
/// Filled in place and turned into a message once: it is too large to be passed around for nothing.
struct JSONEnvelope {
    var joinReference: Reference?
    var reference: Reference?
    var topic = JSONText.empty
    var event = JSONText.empty
    /// Where the payload is, or the response of a reply; nil when a reply has none, which is as good as null.
    var payload: Range<Int>?
    /// The status of a `phx_reply`.
    var status: String?

    /// The message, its parts slices of `frame` where no escape had to be resolved.
    @inline(__always)
    consuming func message(in frame: Bytes) -> Message {
        Message(
            joinReference: joinReference,
            reference: reference,
            topicBytes: Self.bytes(of: topic, in: frame),
            eventBytes: Self.bytes(of: event, in: frame),
            status: status,
            payload: Payload(payload.map { frame[$0] } ?? Self.null, format: JSONFormat())
        )
    }

    private static let null = Bytes("null")

    @inline(__always)
    private static func bytes(of text: JSONText, in frame: Bytes) -> Bytes {
        guard text.hasEscapes else { return frame[text.range] }
        return Bytes(frame.withUnsafeBytes { JSONScanner($0).utf8(of: text) })
    }

    /// The error for a frame that is no message.
    static func failure(_ error: JSONError, in frame: Bytes, version: StaticString) -> PhoenixError {
        PhoenixError(
            .decoding,
            "Expected a message of version \(version) in JSON, got \(frame) where this does not hold: \(error). "
                + "Compare the vsn of both ends.",
            cause: error
        )
    }
}

extension JSONScanner {
    /// Moves past a reference: a string, a number or null.
    @inline(__always)
    mutating func reference() throws(JSONError) -> Reference? {
        if isNull {
            position += 4
            return nil
        }
        let start = position
        let isQuoted = next == UInt8(ascii: "\"")
        if isQuoted { position += 1 }
        var number: UInt64 = 0
        let digits = position
        while position < bytes.count, position - digits < 19, bytes[position] &- UInt8(ascii: "0") < 10 {
            number = number &* 10 &+ UInt64(bytes[position] &- UInt8(ascii: "0"))
            position += 1
        }
        let count = position - digits
        let isCanonical = count > 0 && (count == 1 || bytes[digits] != UInt8(ascii: "0"))
        if isCanonical, isQuoted, next == UInt8(ascii: "\"") {
            position += 1
            return Reference(number, quoted: true)
        }
        if isCanonical, !isQuoted {
            switch next {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): return Reference(number, quoted: false)
            default: break
            }
        }
        position = start
        return try uncommonReference()
    }

    /// Whether `null` comes next; what follows it is not looked at.
    @inline(__always)
    private var isNull: Bool {
        bytes.count - position >= 4
            && UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)) == 0x6E75_6C6C
    }

    @inline(never)
    private mutating func uncommonReference() throws(JSONError) -> Reference? {
        switch next {
        case UInt8(ascii: "\""):
            let text = try string()
            return Reference(text: characters(of: text))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = try number()
            return Reference(numberLiteral: spelling(of: number))
        default:
            throw failure("a reference: a string, a number or null")
        }
    }

    /// Moves past a topic or an event: a string, or null for an empty one.
    @inline(__always)
    mutating func name() throws(JSONError) -> JSONText {
        if next == UInt8(ascii: "\"") { return try string() }
        guard next == UInt8(ascii: "n") else { throw failure("a string or null") }
        try expectLiteral("null")
        return .empty
    }

    /// Whether `event` is `phx_reply`.
    @inline(__always)
    func isReply(_ event: JSONText) -> Bool {
        let name: StaticString = "phx_reply"
        guard !event.hasEscapes else { return characters(of: event) == "phx_reply" }
        guard event.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<name.utf8CodeUnitCount where bytes[event.lower + index] != name.utf8Start[index] {
            return false
        }
        return true
    }

    /// Moves past what a reply carries: a map of a status, which is a string, and a response.
    mutating func skipReply(into envelope: inout JSONEnvelope) throws(JSONError) {
        let start = position
        var status: JSONText?
        guard next == UInt8(ascii: "{") else { throw failure("the map of a reply") }
        envelope.payload = nil
        var hasMore = try beginObject()
        while hasMore {
            let key = try key()
            let valueStart = position
            if matches(key, JSONKey.status) {
                guard next == UInt8(ascii: "\"") else { throw failure("a reply's status, a string") }
                status = try string()
            } else {
                try skipValue()
                if matches(key, JSONKey.response) { envelope.payload = valueStart..<position }
            }
            hasMore = try continuesObject()
        }
        guard let status else { throw JSONError(at: start, expected: "a reply with a status") }
        envelope.status = characters(of: status)
    }
}

extension JSONKey {
    fileprivate static let status = JSONKey("status")
    fileprivate static let response = JSONKey("response")
}
