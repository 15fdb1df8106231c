/// What the end of a connection says about the way it took: whether another transport may fare better.
///
/// | came | verdict | because |
/// |---|---|---|
/// | handshake answered with any status but those below, 407 and 502 among them | moves | the upgrade did not reach the server, or nobody there takes it |
/// | an answer that is none (`.upgradeInvalid`), or none at all in time; the connection cut during the handshake | moves | something on the way does not know WebSockets |
/// | a proxy that opens no tunnel, wants credentials, or answers nonsense | moves | other transports may go through it, or past it |
/// | a proxy that does not reach the server (502, 503, 504) | stays at place | it would not reach it for another transport |
/// | 401, 403 | stays | the server does not want us, on any transport |
/// | 429, 503 | stays | the server wants us later, and says so: `Retry-After` counts |
/// | 500 | counts | the server failed, as it may on any transport; but some gateways answer so |
/// | a connection that opened and died unproven, or was cut soon after | counts | once it is chance, several times in a row it is a middlebox |
/// | no address, refused, no answer at the address, TLS | stays at place | the other transports go to the same place; counts where they do not |
/// | a pair, an endpoint or options that cannot work | unusable | no try will change it |
/// | closed by the rules, or after it had been used for a while | stays | it works |
/// | closed or given up from here | ours | it says nothing |
struct FallbackSign: Equatable {
    enum Verdict: Equatable {
        /// Goes on to the next candidate at once.
        case moves
        /// Goes on to the next candidate when it happens several times in a row.
        case counts
        /// Another transport to the same place would not help.
        case staysAtPlace
        /// Another transport would not help.
        case stays
        /// The candidate cannot work at all.
        case unusable
        /// It was ended from here, which says nothing about the candidate.
        case ours
    }

    /// What became of the connection before it ended.
    enum Life: Equatable {
        case neverOpened
        case unproven
        /// Proven, and open for this long.
        case proven(Duration)
    }

    let verdict: Verdict
    /// What came, for one log line.
    let words: String
    /// How long the server asked to be left alone.
    let retryAfter: Duration?

    init(_ reason: DisconnectReason, after life: Life, shortLife: Duration) {
        retryAfter = reason.refusal?.retryAfter
        if Self.isOurDoing(reason) {
            words = Self.words(for: reason)
            verdict = .ours
            return
        }
        switch life {
        case .neverOpened:
            words = Self.words(for: reason)
            verdict = Self.verdict(onOpening: reason)
        case .unproven:
            words = "the connection opened and died before the server answered anything (\(Self.words(for: reason)))"
            verdict = .counts
        case .proven(let duration) where duration < shortLife && Self.isCut(reason):
            words = "the connection was cut soon after it had opened (\(Self.words(for: reason)))"
            verdict = .counts
        case .proven:
            words = Self.words(for: reason)
            verdict = .stays
        }
    }

    private static func verdict(onOpening reason: DisconnectReason) -> Verdict {
        guard reason.kind == .failedToConnect, let error = reason.error else { return .stays }
        if let refusal = reason.refusal { return verdict(on: refusal) }
        switch error.code {
        case .incompatible, .endpointMismatch, .invalidURL, .invalidOption, .versionConflict, .unknownTransport,
            .unknownSerializer, .unknownExtension:
            return .unusable
        case .upgradeRefused, .upgradeInvalid, .proxyInvalid: return .moves
        case .proxyRefused: return verdict(onProxy: (error.cause as? ProxyRefusal)?.status)
        default: return error.stage == .upgrade ? .moves : .staysAtPlace
        }
    }

    private static func verdict(on refusal: UpgradeRefusal) -> Verdict {
        switch refusal.status {
        case 401, 403, 429, 503: .stays
        case 500: .counts
        default: .moves
        }
    }

    private static func verdict(onProxy status: Int?) -> Verdict {
        switch status {
        case 502?, 503?, 504?: .staysAtPlace
        default: .moves
        }
    }

    /// Whether it was ended by this side of the connection.
    private static func isOurDoing(_ reason: DisconnectReason) -> Bool {
        switch reason.kind {
        case .replaced, .abandoned: true
        default: reason.close?.isLocal == true
        }
    }

    /// Whether the connection broke, rather than being closed by the rules.
    private static func isCut(_ reason: DisconnectReason) -> Bool {
        reason.close?.isClean != true
    }

    // MARK: Words

    private static func words(for reason: DisconnectReason) -> String {
        if let refusal = reason.refusal { return "the handshake was answered with status \(refusal.status)" }
        if let error = reason.error {
            switch (error.code, error.stage) {
            case (.timeout, .upgrade?): return "the handshake was not answered in time"
            case (.unreachable, .upgrade?), (.tls, .upgrade?), (.transportDown, .upgrade?):
                return "the connection was cut during the handshake"
            default: return oneLine(error.message)
            }
        }
        guard let close = reason.close else { return reason.kind.description }
        let who = close.isLocal ? "closed from here" : "closed by the server"
        guard let code = close.code else { return close.isClean ? who : "cut without a word" }
        return "\(who) with \(code)"
    }

    /// The first line of `text`, without its full stop, at most 200 characters.
    private static func oneLine(_ text: String) -> String {
        let line = text.prefix(200).map { $0.isNewline || ($0.asciiValue ?? 0x20) < 0x20 ? " " : $0 }
        return String(line.last == "." ? line.dropLast() : line[...])
    }
}

extension UpgradeRefusal {
    /// How long the server asks to be left alone: the header `Retry-After`, where it gives seconds (RFC 9110 section 10.2.3).
    ///
    /// Nil where there is none or it gives a date.
    public var retryAfter: Duration? {
        header("retry-after").flatMap { UInt32($0) }.map { .seconds($0) }
    }
}
