/// What goes wrong with long-poll requests.
///
/// A fault without `afterHandling` comes before the server has looked at the request; with it, what the request asks for
/// has been done, and only the answer is lost or another one.
extension Fault {
    /// Long-poll requests are answered with something else.
    ///
    /// `.errorPage(status: 502)` is what a proxy says, `.protocolStatus(408)` what Phoenix says when a join is slow.
    public static func answer(
        _ requests: RequestMatch,
        with response: SiteResponse,
        afterHandling: Bool = false,
        times: Int? = 1
    ) -> Fault {
        Fault(kind: .request(requests, .respond(response), afterHandling: afterHandling), times: times)
    }

    /// Long-poll requests are never answered; the connection stays open.
    public static func neverAnswer(
        _ requests: RequestMatch,
        afterHandling: Bool = false,
        times: Int? = 1
    ) -> Fault {
        Fault(kind: .request(requests, .neverAnswer, afterHandling: afterHandling), times: times)
    }

    /// The TCP connection of a long-poll request is reset.
    ///
    /// A poll that is cut `afterHandling` takes the messages with it that it was to be answered with.
    public static func reset(_ requests: RequestMatch, afterHandling: Bool = false, times: Int? = 1) -> Fault {
        Fault(kind: .request(requests, .reset, afterHandling: afterHandling), times: times)
    }

    /// Long-poll requests are answered later.
    public static func delayAnswer(_ requests: RequestMatch, by duration: Duration, times: Int? = 1) -> Fault {
        Fault(kind: .request(requests, .delay(duration), afterHandling: true), times: times)
    }

    /// The answers to long-poll requests are cut off in the middle of the body, and the TCP connection ends there.
    public static func truncateAnswer(_ requests: RequestMatch, times: Int? = 1) -> Fault {
        Fault(kind: .request(requests, .truncate, afterHandling: true), times: times)
    }

    /// The answers to long-poll requests are compressed with gzip, whatever the request accepts.
    public static func compressAnswer(_ requests: RequestMatch, times: Int? = nil) -> Fault {
        Fault(kind: .request(requests, .compress, afterHandling: true), times: times)
    }

    /// The session of a long-poll request ends before it is looked at, as one does that nobody polls.
    public static func endSession(before requests: RequestMatch, times: Int? = 1) -> Fault {
        Fault(kind: .request(requests, .endSession, afterHandling: false), times: times)
    }
}
