private import FoundationEssentials
internal import Phoenix

/// A message as the tool shows it: an object of JSON for programs, a line of columns for people.
struct MessageText {
    var topic: String
    var event: String
    var payload: Payload
    var reference: Reference?
    var joinReference: Reference?
    /// The status, for replies.
    var status: String?

    init(
        topic: String,
        event: String,
        payload: Payload,
        reference: Reference? = nil,
        joinReference: Reference? = nil,
        status: String? = nil
    ) {
        self.topic = topic
        self.event = event
        self.payload = payload
        self.reference = reference
        self.joinReference = joinReference
        self.status = status
    }

    init(_ message: Message) {
        self.init(
            topic: message.topic,
            event: message.event,
            payload: message.payload,
            reference: message.reference,
            joinReference: message.joinReference,
            status: message.status
        )
    }

    /// One object of JSON on one line.
    ///
    /// Binary data is base64, with `"binary":true` beside it; replies have a `status`.
    var json: String {
        var members = [#""topic":\#(Self.quoted(topic))"#, #""event":\#(Self.quoted(event))"#]
        if let status { members.append(#""status":\#(Self.quoted(status))"#) }
        members.append(#""payload":\#(payloadJSON)"#)
        if payload.isBinary { members.append(#""binary":true"#) }
        members.append(#""ref":\#(Self.json(reference))"#)
        members.append(#""join_ref":\#(Self.json(joinReference))"#)
        return "{" + members.joined(separator: ",") + "}"
    }

    /// Columns: topic, event, payload.
    func columns(_ style: Style) -> String {
        let name = status.map { "\(event) \($0)" } ?? event
        return [style.cyan(topic.printable), style.bold(name.printable), payload.shown].joined(separator: "  ")
    }

    private var payloadJSON: String {
        payload.isBinary ? Self.quoted(payload.base64) : payload.singleLine
    }

    private static func json(_ reference: Reference?) -> String {
        guard let reference else { return "null" }
        return reference.isQuoted ? quoted(reference.text) : reference.text
    }

    /// `text` as a string of JSON.
    static func quoted(_ text: String) -> String {
        (try? JSONFormat().encode(value: .string(text)))?.text ?? #""""#
    }
}

extension Payload {
    /// No more bytes of JSON than these are shown to people.
    private static let longestShown = 10_000

    /// The payload for people: JSON as it came, binary data by its size and its first bytes.
    var shown: String {
        if isBinary { return "binary, \(bytes.count) bytes: \(bytes.hexadecimal(atMost: 24))" }
        guard bytes.count > Self.longestShown else { return singleLine.printable }
        return bytes[0..<Self.longestShown].text.printable + "… (\(bytes.count) bytes in all)"
    }

    /// The bytes in base64.
    var base64: String { Data(bytes.array).base64EncodedString() }

    /// The text without the line breaks that JSON allows between its tokens.
    fileprivate var singleLine: String {
        String(decoding: bytes.filter { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    }
}

extension Bytes {
    /// The first `limit` bytes in hexadecimal, with an ellipsis when there are more.
    func hexadecimal(atMost limit: Int) -> String {
        let digits = prefix(limit).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return digits.joined(separator: " ") + (count > limit ? " …" : "")
    }

    /// The bytes that `text` says in base64, or nil.
    init?(base64 text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        self.init(Array(data))
    }
}
