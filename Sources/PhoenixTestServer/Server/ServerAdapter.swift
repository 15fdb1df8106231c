internal import PhoenixDeflate

/// Which web server a server behaves like where Phoenix leaves it to that.
///
/// As recorded from Phoenix 1.8.12 with Bandit 1.12.5 and with Cowboy 2.18.0:
///
/// | | Bandit | Cowboy |
/// |---|---|---|
/// | An idle connection is closed with | 1002 | 1000 |
/// | A client's close is answered with | 1000 | the client's own code, or none where it had none |
/// | A stop closes sockets without channels with | 1000 | no close frame |
/// | Plain responses say `vary: accept-encoding` | yes | no |
/// | Responses say `server: Cowboy` | no | yes |
/// | A compressed message that inflates to more than 25 times its size | closed with 1009 | read |
/// | A join right behind a leave may cost the leave its reply | with `ChannelScheduling.deferred` | never |
///
/// Everything else is done as behind Bandit; the recordings made behind Cowboy show nothing different.
public enum ServerAdapter: String, Sendable, Hashable, CaseIterable {
    /// Bandit, which new Phoenix applications are generated with.
    case bandit
    /// Cowboy, which older ones have.
    case cowboy

    /// The code that an idle connection is closed with.
    var idleCode: UInt16 {
        switch self {
        case .bandit: 1002
        case .cowboy: 1000
        }
    }

    /// How a server of its kind compresses: every message, with zlib's own settings.
    var deflate: PermessageDeflate {
        PermessageDeflate(
            PermessageDeflate.Configuration(
                threshold: 0,
                sentRatio: .unlimited,
                // What Bandit inflates at a time is not judged: 20 kB of one letter passed, 200 kB did not.
                receivedRatio: self == .bandit ? RatioBound(25, exempt: 32_768) : .unlimited
            )
        )
    }

    /// What separates the parameters of its `Sec-WebSocket-Extensions`.
    var extensionSeparator: String {
        switch self {
        case .bandit: ";"
        case .cowboy: "; "
        }
    }

    /// The code of the answer to a client's close; nil for a close frame without one.
    ///
    /// Both answer 1002 to codes that must not be on the wire (RFC 6455 section 7.4).
    func answer(toClose code: UInt16?) -> UInt16? {
        switch (self, code) {
        case (_, .some(0...999)), (_, .some(1004...1006)), (_, .some(1012...2999)): 1002
        case (.bandit, _): 1000
        case (.cowboy, .some(5000...)): 1002
        case (.cowboy, _): code
        }
    }

    /// The code that a stop closes a socket with; nil for no close frame.
    func stopCode(hasChannels: Bool) -> UInt16? {
        switch self {
        case _ where hasChannels: 1012
        case .bandit: 1000
        case .cowboy: nil
        }
    }
}
