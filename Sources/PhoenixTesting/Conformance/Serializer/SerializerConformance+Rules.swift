internal import PhoenixKit

extension SerializerConformance {
    typealias Judge = @Sendable (SerializerConformance) throws -> Void

    /// The rules in order, from what all others stand on to what they leave open.
    static let checks: [ConformanceCheck<Judge>] = [
        ConformanceCheck(
            "serializer.identity",
            "It has a name, and a version of three numbers.",
            because: "Phoenix matches the version with `~>` and refuses the connection of one that is no version.",
            judge: { try $0.judgeIdentity() }
        ),
        ConformanceCheck(
            "serializer.client-to-server",
            "Joins, leaves, pushes and heartbeats of a client reach the server as they were.",
            because: "what the server does not understand is never answered, and each push ends in a timeout.",
            judge: { try $0.judgeClientMessages() }
        ),
        ConformanceCheck(
            "serializer.server-to-client",
            "Pushes, broadcasts and closes of a server reach the client as they were.",
            because: "a message under a wrong topic, event or join is dropped without a word.",
            judge: { try $0.judgeServerMessages() }
        ),
        ConformanceCheck(
            "serializer.replies",
            "The status of a reply arrives, whatever text it is, and its response is the payload.",
            because: "a push ends by its reply's status, and channels may reply with statuses of their own.",
            judge: { try $0.judgeReplies() }
        ),
        ConformanceCheck(
            "serializer.null-references",
            "References that are absent stay absent.",
            because: "a broadcast that seems to belong to a join, or a push that seems to be a reply, is dropped.",
            judge: { try $0.judgeNullReferences() }
        ),
        ConformanceCheck(
            "serializer.reference-forms",
            "References are what they were: numbers up to 2^64 - 1, and any text.",
            because: "replies are matched by reference, and 007 is another one than 7.",
            judge: { try $0.judgeReferenceForms() }
        ),
        ConformanceCheck(
            "serializer.names",
            "Topics and events may be any Unicode text, separators and control characters too.",
            because: "topics hold what users type; who can break out of a field can forge messages.",
            judge: { try $0.judgeNames() }
        ),
        ConformanceCheck(
            "serializer.invalid-names",
            "Names that are not UTF-8 are refused when they are encoded.",
            because: "a server closes the connection over such a frame, and all channels with it.",
            judge: { try $0.judgeInvalidNames() }
        ),
        ConformanceCheck(
            "serializer.long-names",
            "Names of 255, 256 and 70,000 bytes arrive whole, or are refused when they are encoded.",
            because: "a length that is cut to its field shifts all that follows it.",
            judge: { try $0.judgeLongNames() }
        ),
        ConformanceCheck(
            "serializer.payloads",
            "Payloads arrive as they were, in the serializer's own format.",
            because: "the application decodes what it is given with the format that the payload names.",
            judge: { try $0.judgePayloads() }
        ),
        ConformanceCheck(
            "serializer.binary-payloads",
            "Binary data arrives byte by byte and as binary, or is refused when it is encoded.",
            because: "uploads that pass through text are damaged or grow by a third.",
            judge: { try $0.judgeBinaryPayloads() }
        ),
        ConformanceCheck(
            "serializer.large-payloads",
            "A payload of 1 MB arrives whole, or is refused when it is encoded.",
            because: "a payload that is cut off reads as another one, or as none.",
            judge: { try $0.judgeLargePayloads() }
        ),
        ConformanceCheck(
            "serializer.frame-kinds",
            "It writes only kinds of frame that its capabilities name, and reads all that it writes.",
            because:
                "by its capabilities it is paired with a transport; a kind that the transport cannot carry is lost.",
            judge: { try $0.judgeFrameKinds() }
        ),
        ConformanceCheck(
            "serializer.foreign-kinds",
            "A kind of frame that its capabilities do not accept is refused with an error.",
            because: "a proxy or a server of another version may send it, and what is read from it is made up.",
            judge: { try $0.judgeForeignKinds() }
        ),
        ConformanceCheck(
            "serializer.lines",
            "Where it says that its text frames are lines, each begins with `[` and holds no line break.",
            because: "long polling sends many of them as the lines of one request, and the server splits them there.",
            judge: { try $0.judgeLines() }
        ),
        ConformanceCheck(
            "serializer.stateless",
            "The same frame reads as the same message, however often, whatever was written and read between.",
            because: "a client uses its serializer from several tasks, and for the next connection as well.",
            judge: { try $0.judgeStatelessness() }
        ),
        ConformanceCheck(
            "serializer.malformed",
            "What is no frame of it throws: nothing at all, noise, and a frame cut off after its first byte.",
            because: "a message that is made up reaches a channel as if the server had sent it.",
            judge: { try $0.judgeMalformedFrames() }
        ),
        ConformanceCheck(
            "serializer.damaged",
            "A damaged frame throws, or reads as a message that holds together; it never traps.",
            because: "what the peer sends must not bring the process down (if it just did, this rule is the one).",
            judge: { try $0.judgeDamagedFrames() }
        ),
        ConformanceCheck(
            "serializer.format",
            "What the payload format encodes it reads back, and it throws on what it cannot read.",
            because: "payloads are decoded when they are asked for, long after the frame was judged.",
            judge: { try $0.judgeFormat() }
        ),
    ]
}
