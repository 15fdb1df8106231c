internal import PhoenixKit

/// A frame that was found fit to be sent, and how it goes into a request.
struct OutgoingMessage: Sendable {
    /// The forms a message takes in the body of a POST (`Phoenix.Transports.LongPoll`, `publish`).
    enum Form: Sendable, Hashable {
        /// A line among others, as it is.
        case line
        /// A line among others, in base64.
        case base64Line
        /// The whole body, as it is.
        case wholeBody
    }

    /// The largest body a server takes (`@max_body` of Phoenix, `Plug.Parsers`' default length).
    static let bodyLimit = 8_000_000

    let form: Form
    let bytes: Bytes

    /// What the message takes in a body.
    var size: Int { form == .base64Line ? Base64.size(of: bytes.count) : bytes.count }

    /// Checks `frame`, since a server answers what it does not understand with the end of the session.
    ///
    /// - Throws: `.limitExceeded` when it is too large for a message or a body, `.encoding` when it cannot be told from other
    ///   forms: a text that is to be a line but does not start with `[` would be read as base64, one with a line break
    ///   as two messages, and an empty one ends the session.
    init(_ frame: Frame, isLineBatchable: Bool, limits: ConnectionLimits) throws(PhoenixError) {
        bytes = frame.bytes
        form = frame.kind == .binary ? .base64Line : isLineBatchable ? .line : .wholeBody
        let limit = min(limits.message, form == .base64Line ? Self.bodyLimit / 4 * 3 : Self.bodyLimit)
        guard bytes.count <= limit else {
            throw PhoenixError(
                .limitExceeded,
                "Expected messages of at most \(limit) bytes, got one of \(bytes.count); nothing was sent."
            )
        }
        guard !bytes.isEmpty else { throw Self.misfit("at least one byte", "an empty message") }
        guard form == .line else { return }
        guard bytes[0] == UInt8(ascii: "[") else {
            throw Self.misfit("text that starts with [", "another start")
        }
        let hasBreak = bytes.withUnsafeBytes { $0.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } }
        guard !hasBreak else { throw Self.misfit("text on one line", "a line break") }
    }

    /// Appends the message to a body.
    func append(to body: inout [UInt8]) {
        if form == .base64Line {
            Base64.append(bytes, to: &body)
        } else {
            bytes.withUnsafeBytes { body.append(contentsOf: $0) }
        }
    }

    private static func misfit(_ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(
            .encoding,
            "Expected \(expected) from the serializer, which long polling needs to tell messages apart, got \(came); "
                + "nothing was sent. Use another serializer, or one that says that its texts are no lines."
        )
    }
}
