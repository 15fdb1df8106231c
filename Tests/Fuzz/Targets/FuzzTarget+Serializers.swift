internal import PhoenixJSON
internal import PhoenixKit

extension FuzzTarget {
    /// The serializer of version 1.0.0.
    static func serializerV1(_ corpus: Corpus) -> FuzzTarget {
        serializer("json-v1", .v1, texts: corpus.texts.filter { $0.first == UInt8(ascii: "{") }, binaries: [])
    }

    /// The serializer of version 2.0.0, text and binary frames.
    static func serializerV2(_ corpus: Corpus) -> FuzzTarget {
        serializer("json-v2", .v2, texts: corpus.texts, binaries: corpus.binaries)
    }

    /// A serializer in both roles: the first byte says which, and what kind of frame the others are.
    ///
    /// What it reads must come back the same when it is written and read again, and its payload must be readable.
    private static func serializer(
        _ name: String,
        _ serializer: JSONSerializer,
        texts: [[UInt8]],
        binaries: [[UInt8]]
    ) -> FuzzTarget {
        let words = [
            #"{"topic":"t","event":"e","payload":{},"ref":null}"#, #"["1","2","t","e",{}]"#, #""phx_reply""#,
            #""status":"ok""#,
            #""response":{}"#, #""phx_\u0072eply""#, "null", "[", "]", "{", "}", ",", ":", "\"", "\\", #"\ud83d\ude00"#,
            #"\u0000"#,
            "1e400", "-0", "18446744073709551615", "18446744073709551616", #""topic""#, #""event""#, #""payload""#,
            #""ref""#,
            #""join_ref""#, "\n", "\u{0}\u{5}\u{3}\u{1}",
        ]
        return FuzzTarget(
            name,
            seeds: prefixed(texts, by: [0, 1]) + prefixed(binaries, by: [2, 3]),
            tokens: words.map { Array($0.utf8) },
            examine: { input in
                guard let choice = input.first else { return false }
                let frame = Frame(kind: choice & 2 == 0 ? .text : .binary, bytes: Bytes(Array(input.dropFirst())))
                return examine(frame, serializer, as: choice & 1 == 0 ? .client : .server)
            }
        )
    }

    /// Each input once behind each of the `choices`.
    static func prefixed(_ inputs: [[UInt8]], by choices: [UInt8]) -> [[UInt8]] {
        inputs.flatMap { input in choices.map { [$0] + input } }
    }

    private static func examine(_ frame: Frame, _ serializer: JSONSerializer, as role: Role) -> Bool {
        let bound = 16_384 + 32 * frame.bytes.count
        let message: Message
        switch Meter.bounded(bound, { Result { try serializer.decode(frame, as: role) } }) {
        case .success(let decoded): message = decoded
        case .failure(let error):
            require((error as? PhoenixError)?.code == .decoding, "an error of decoding, got \(error)")
            return false
        }
        if message.payload.isBinary {
            require(frame.kind == .binary, "binary payloads in binary frames")
        } else {
            require(JSONModel.accepts(message.payload.bytes.array), "a payload of JSON")
            require((try? message.payload.value()) != nil, "a payload that can be read")
        }
        require(
            (message.status != nil) == (message.event == "phx_reply") || frame.kind == .binary,
            "a status for replies only"
        )

        let sent: Frame
        switch Meter.bounded(bound, { Result { try serializer.encode(message, as: role.peer) } }) {
        case .success(let encoded): sent = encoded
        case .failure(let error):
            broken("that what was read can be written, got \(error)")
        }
        guard let back = try? serializer.decode(sent, as: role) else { broken("that what was written can be read") }
        var expected = message
        // A server of version 1 keeps the join reference to itself.
        if serializer.version == "1.0.0", role == .client { expected.joinReference = nil }
        require(isSame(back, expected), "the message to come back, got \(back) for \(expected)")
        return true
    }

    /// Whether two messages are the same; line breaks between the tokens of a payload are not sent.
    private static func isSame(_ left: Message, _ right: Message) -> Bool {
        guard left.joinReference == right.joinReference, left.reference == right.reference,
            left.topicBytes == right.topicBytes, left.eventBytes == right.eventBytes, left.status == right.status,
            left.payload.isBinary == right.payload.isBinary
        else { return false }
        let isBinary = left.payload.isBinary
        let strip = { (bytes: Bytes) in isBinary ? bytes.array : bytes.filter { $0 != 0x0A && $0 != 0x0D } }
        return strip(left.payload.bytes) == strip(right.payload.bytes)
    }
}
