public import PhoenixKit

/// One thing that happened at the server.
public struct JournalEntry: Sendable {
    /// What happened.
    ///
    /// More may be added.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        private enum Raw: String, Sendable {
            case connected, refused, page, received, pinged, undecodable, sent, closed, cut, fault
            case requested, parked, answered
        }

        private let raw: Raw

        public var description: String { raw.rawValue }

        /// A socket connected, or a long-poll session began; `note` is its path.
        public static let connected = Kind(raw: .connected)
        /// An upgrade was refused with `status`, or a long-poll session, where `status` is that of the body; `note` is
        /// its path.
        public static let refused = Kind(raw: .refused)
        /// A plain request was answered with `status`; `note` is its method and path.
        public static let page = Kind(raw: .page)
        /// `message` arrived.
        public static let received = Kind(raw: .received)
        /// A WebSocket ping arrived.
        public static let pinged = Kind(raw: .pinged)
        /// `frame` arrived and could not be decoded.
        public static let undecodable = Kind(raw: .undecodable)
        /// `message` was sent; over long polling, put into the answer to a poll, whether or not its client still waits.
        public static let sent = Kind(raw: .sent)
        /// The connection closed with `code`; without one when it was just gone.
        ///
        /// `isLocal` says who began.
        public static let closed = Kind(raw: .closed)
        /// The server dropped the connection without a close frame.
        public static let cut = Kind(raw: .cut)
        /// A long-poll request arrived; `note` is its method and path.
        public static let requested = Kind(raw: .requested)
        /// A poll waits for messages; `note` is its path.
        public static let parked = Kind(raw: .parked)
        /// A long-poll request was answered with `status`, that of the body where there is one; `note` is its method and
        /// path.
        public static let answered = Kind(raw: .answered)
        /// The script of faults stepped in; `note` says how, `message` is what it met.
        public static let fault = Kind(raw: .fault)
    }

    /// The number of the entry, counted from 1 over the whole journal, overflow included.
    public let number: Int
    /// When it happened, on the server's clock.
    public let time: Timestamp
    /// What happened.
    public let kind: Kind
    /// The number of the connection, from 1; nil for what happened before there was one.
    public let connection: UInt64?
    /// The transport as Phoenix names it, `websocket` or `longpoll`; nil for what belongs to none.
    public let transport: String?
    /// The message, where it was one.
    public let message: Message?
    /// The frame, where it was one.
    public let frame: Frame?
    /// The close code.
    public let code: UInt16?
    /// The HTTP status.
    public let status: Int?
    /// Whether the server began it.
    public let isLocal: Bool
    /// What else there is to say.
    public let note: String?
}

extension JournalEntry: CustomStringConvertible {
    /// One line without payloads.
    public var description: String {
        var parts = ["\(number)", "\(kind)"]
        if let connection { parts.append("connection \(connection)") }
        if let transport { parts.append(transport) }
        if let message {
            let names = [message.joinReference?.text ?? "-", message.reference?.text ?? "-"]
            parts.append("[\(names.joined(separator: " "))] \(message.topic) \(message.event)")
            if let status = message.status { parts.append(status) }
        }
        if let code { parts.append("code \(code)") }
        if let status { parts.append("status \(status)") }
        if let note { parts.append(note) }
        return parts.joined(separator: " ")
    }
}
