internal import Phoenix

/// How a step failed, in a form that crosses from one process to another.
struct Symptom: Sendable, Hashable, Codable {
    /// What kind of failure it is.
    enum Kind: String, Sendable, Hashable, Codable {
        /// No name service knows the name.
        case noSuchHost = "no-such-host"
        /// The name service itself does not answer.
        case nameService = "name-service"
        /// The address answers that nothing listens there.
        case refused
        /// The address cannot be reached.
        case unreachable
        case timeout
        /// A certificate that no trusted root signed, or whose dates are wrong.
        case untrusted
        /// A certificate for another host.
        case wrongHost = "wrong-host"
        /// The server speaks something else than TLS.
        case noTLS = "no-tls"
        /// TLS broke in another way.
        case tls
        /// The proxy answered with a status.
        case proxyStatus = "proxy-status"
        /// The proxy answered with something else than HTTP, or not at all.
        case proxyInvalid = "proxy-invalid"
        /// The server, or something before it, answered with a status.
        case status
        /// The connection was closed without an answer.
        case closed
        /// What came is against the rules.
        case invalid
        /// The server denied the join.
        case denied
        /// The settings are wrong.
        case settings
        /// phx itself could not try it.
        case tool
    }

    var kind: Kind
    /// The HTTP status, where there is one.
    var status: Int?
    /// What was expected and what came; without secrets.
    var message: String
    /// What the answer says of who gave it: its headers `Server` and `Via`.
    var answeredBy: String?

    init(_ kind: Kind, _ message: String, status: Int? = nil, answeredBy: String? = nil) {
        self.kind = kind
        self.status = status
        self.message = message
        self.answeredBy = answeredBy
    }
}

extension Symptom {
    /// The symptom in a few words.
    var summary: String {
        let author = answeredBy.map { ", by \($0)" } ?? ""
        return switch kind {
        case .noSuchHost: "no such host"
        case .nameService: "no name service"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .timeout: "no answer in time"
        case .untrusted: "certificate not trusted"
        case .wrongHost: "certificate of another host"
        case .noTLS: "no TLS there"
        case .tls: "TLS broke"
        case .proxyStatus: "the proxy answers \(status.map(String.init) ?? "otherwise")\(author)"
        case .proxyInvalid: "no answer of an HTTP proxy"
        case .status: "status \(status.map(String.init) ?? "unknown")\(author)"
        case .closed: "connection closed"
        case .invalid: "an answer against the rules"
        case .denied: "denied"
        case .settings: "cannot be used"
        case .tool: "could not be tried"
        }
    }

    /// What `error` is a sign of.
    init(_ error: any Error) {
        guard let error = error as? PhoenixError else {
            self.init(.tool, "Expected no error of another kind, got \(type(of: error)).")
            return
        }
        let message = error.message.printable
        if let refusal = error.cause as? UpgradeRefusal {
            // A page of something else may well come with 200.
            let kind: Kind = error.code == .upgradeInvalid ? .invalid : .status
            self.init(kind, message, status: refusal.status, answeredBy: Self.author { refusal.header($0) })
        } else if let refusal = error.cause as? ProxyRefusal {
            self.init(.proxyStatus, message, status: refusal.status, answeredBy: Self.author { refusal.header($0) })
        } else {
            self.init(Self.kind(of: error), message)
        }
    }

    private static func kind(of error: PhoenixError) -> Kind {
        switch error.code {
        case .unreachable where error.message.contains("refused"): .refused
        case .unreachable where error.message.contains("closed the connection"): .closed
        case .unreachable: .unreachable
        case .timeout: .timeout
        case .tls where error.message.contains("not trusted") || error.message.contains("expired"): .untrusted
        case .tls where error.message.contains("not valid yet"): .untrusted
        case .tls where error.message.contains("for another host"): .wrongHost
        case .tls where error.message.contains("does not speak TLS"): .noTLS
        case .tls: .tls
        case .proxyInvalid, .proxyRefused: .proxyInvalid
        case .disconnected, .transportDown: .closed
        case .invalidOption, .invalidURL, .incompatible: .settings
        default: .invalid
        }
    }

    private static func author(_ header: (String) -> String?) -> String? {
        let values = ["server", "via"].compactMap(header).filter { !$0.isEmpty }
        return values.isEmpty ? nil : values.joined(separator: ", via ").printable.shortened(to: 80)
    }
}
