public import PhoenixKit

/// One thing that goes wrong on purpose.
///
///     try await server.inject(.ignore(.join("room:*")))            // the next join is never answered
///     try await server.inject(.drop(.reply(), times: 3))           // three replies get lost
///     try await server.inject(.cut(afterReceiving: .heartbeat))    // the TCP connection ends with the heartbeat
///     try await server.inject(.neverAnswer(.post))                 // a long-poll POST is never answered
///
/// A fault applies `times` times (nil: until it is removed) and then is gone. The first fault that fits counts, in the
/// order in which they were injected, separately for what arrives, for what is sent, for upgrades and for long-poll
/// requests. Over long polling, what cuts a connection ends the session, whose client learns of it with its next request.
public struct Fault: Sendable {
    /// How a connection is cut.
    struct Cut: Sendable {
        /// The code of the close frame; nil for none.
        var code: UInt16?
    }

    enum UpgradeAction: Sendable {
        case refuse(SiteResponse)
        case neverAnswer
        case cut(after: Duration)
    }

    enum RequestAction: Sendable {
        case respond(SiteResponse)
        case neverAnswer
        case reset
        case delay(Duration)
        case truncate
        case compress
        case endSession

        /// Whether the request gets the answer that it would have got.
        var keepsAnswer: Bool {
            switch self {
            case .delay, .truncate, .compress: true
            case .respond, .neverAnswer, .reset, .endSession: false
            }
        }

        /// What is done, for the journal.
        var description: String {
            switch self {
            case .respond(let response): "answer \(response.status)"
            case .neverAnswer: "never answer"
            case .reset: "reset"
            case .delay(let duration): "answer \(duration) late"
            case .truncate: "truncate the answer"
            case .compress: "compress the answer"
            case .endSession: "end the session"
            }
        }
    }

    enum Action: Sendable {
        case drop
        case delay(Duration)
        case duplicate(copies: Int)
        case truncate
        case cutBefore(Cut)
        case cutAfter(Cut)
        case raw(Bytes)
    }

    enum Kind: Sendable {
        case upgrade(path: String?, UpgradeAction)
        case request(RequestMatch, RequestAction, afterHandling: Bool)
        case receiving(MessageMatch, Action)
        case sending(MessageMatch, Action)
    }

    let kind: Kind
    let times: Int?

    /// Upgrades (of one path, such as `/socket/websocket`) are refused.
    public static func refuseUpgrade(
        status: Int = 503,
        headers: [HeaderField] = [],
        body: String = "",
        path: String? = nil,
        times: Int? = 1
    ) -> Fault {
        let response = SiteResponse(status: status, headers: headers, body: Bytes(body))
        return Fault(kind: .upgrade(path: path, .refuse(response)), times: times)
    }

    /// Upgrades (of one path) are answered with something else, such as `.errorPage(status: 502)`.
    public static func refuseUpgrade(with response: SiteResponse, path: String? = nil, times: Int? = 1) -> Fault {
        Fault(kind: .upgrade(path: path, .refuse(response)), times: times)
    }

    /// Connections open (at one path) and are cut some time after, used or not, as by a middlebox that does not bear
    /// WebSockets.
    ///
    /// Removing the fault spares those that open later.
    public static func cut(after duration: Duration, path: String? = nil, times: Int? = nil) -> Fault {
        Fault(kind: .upgrade(path: path, .cut(after: duration)), times: times)
    }

    /// Upgrades (of one path) are never answered; the connection stays open.
    public static func neverAnswerUpgrade(path: String? = nil, times: Int? = 1) -> Fault {
        Fault(kind: .upgrade(path: path, .neverAnswer), times: times)
    }

    /// Messages of clients are not looked at, so never answered.
    public static func ignore(_ match: MessageMatch, times: Int? = 1) -> Fault {
        Fault(kind: .receiving(match, .drop), times: times)
    }

    /// Messages of the server get lost.
    ///
    /// What they announce has happened all the same.
    public static func drop(_ match: MessageMatch, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .drop), times: times)
    }

    /// Messages of the server are sent later; those behind them overtake.
    public static func delay(_ match: MessageMatch, by duration: Duration, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .delay(duration)), times: times)
    }

    /// Messages of the server are sent several times, `copies` in all.
    public static func duplicate(_ match: MessageMatch, copies: Int = 2, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .duplicate(copies: copies)), times: times)
    }

    /// Messages of the server are cut off in the middle: the frame's header announces the whole message, only the first
    /// half of it is sent, and the TCP connection ends there without a close frame.
    public static func truncate(_ match: MessageMatch, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .truncate), times: times)
    }

    /// The connection ends before a message of the client is looked at: without a close frame, or with `code`.
    public static func cut(beforeReceiving match: MessageMatch, code: UInt16? = nil, times: Int? = 1) -> Fault {
        Fault(kind: .receiving(match, .cutBefore(Cut(code: code))), times: times)
    }

    /// The connection ends after a message of the client has been handled and its answer sent.
    public static func cut(afterReceiving match: MessageMatch, code: UInt16? = nil, times: Int? = 1) -> Fault {
        Fault(kind: .receiving(match, .cutAfter(Cut(code: code))), times: times)
    }

    /// The connection ends in place of a message of the server.
    public static func cut(beforeSending match: MessageMatch, code: UInt16? = nil, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .cutBefore(Cut(code: code))), times: times)
    }

    /// The connection ends behind a message of the server.
    public static func cut(afterSending match: MessageMatch, code: UInt16? = nil, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .cutAfter(Cut(code: code))), times: times)
    }

    /// `bytes` go out as they are, outside of any frame, behind a message of the server.
    public static func sendRaw(_ bytes: [UInt8], afterSending match: MessageMatch, times: Int? = 1) -> Fault {
        Fault(kind: .sending(match, .raw(Bytes(bytes))), times: times)
    }

    /// `bytes` go out as they are, outside of any frame, behind a message of the client.
    public static func sendRaw(_ bytes: [UInt8], afterReceiving match: MessageMatch, times: Int? = 1) -> Fault {
        Fault(kind: .receiving(match, .raw(Bytes(bytes))), times: times)
    }
}
