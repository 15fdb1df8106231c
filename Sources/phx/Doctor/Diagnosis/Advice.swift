/// Says what the failure of a step probably means, and what helps.
struct Advice {
    typealias Words = (cause: String, help: String)

    private let evidence: Evidence
    private let route: Route
    private let step: Step
    private let symptom: Symptom

    init(_ evidence: Evidence, _ route: Route, _ step: Step, _ symptom: Symptom) {
        self.evidence = evidence
        self.route = route
        self.step = step
        self.symptom = symptom
    }

    /// The likely cause and what helps.
    var words: Words {
        switch step {
        case .settings:
            ("The proxy that is set cannot be used.", "Name one that speaks HTTP, http://host:port\(orPastIt).")
        case .name: name
        case .connect: connection
        case .tunnel: tunnel
        case .tls: tls
        case .upgrade: upgrade
        case .heartbeat: heartbeat
        case .compression: compression
        case .join, .longPollJoin: join
        case .longPollOpen: longPoll
        case .longPollExchange: exchange
        }
    }

    // MARK: Reaching the host

    private var name: Words {
        let isProxy = route == .proxy
        let place = isProxy ? "the proxy's name in http_proxy, https_proxy or --proxy" : "the host's name in the URL"
        if !isProxy, evidence.passed(.connect, .proxy) {
            return (
                "This network leaves it to the proxy to find names outside of it, or the name is wrong.",
                "Keep going through the proxy; when that fails as well, check \(place)."
            )
        }
        return switch symptom.kind {
        case .noSuchHost: ("No name service knows the name.", "Check \(place).")
        case .timeout, .nameService:
            ("The name service does not answer.", "Check the network, a VPN, and /etc/resolv.conf.")
        default: ("The name could not be looked up.", "Check \(place), and the network.")
        }
    }

    private var connection: Words {
        if route == .proxy {
            let help = "Check the proxy's address and port in http_proxy, https_proxy or --proxy\(orPastIt)."
            return symptom.kind == .refused
                ? ("No proxy listens there.", help)
                : ("The proxy does not answer, or a firewall keeps us from it.", help)
        }
        if evidence.passed(.connect, .proxy) {
            return ("This network lets nobody out but the proxy.", "Keep going through the proxy.")
        }
        let useProxy =
            evidence.proxy == nil
            ? " Where a proxy has to be used, name it: --proxy http://host:port, or https_proxy." : ""
        return switch symptom.kind {
        case .refused: ("Nothing listens at this port.", "Check the port, and that the server runs.")
        case .timeout:
            ("A firewall drops what is sent to this port, or the host is down.", "Check host and port.\(useProxy)")
        default: ("There is no way from this network to the host.", "Check the network and the host.\(useProxy)")
        }
    }

    private var tunnel: Words {
        switch (symptom.kind, symptom.status) {
        case (.proxyStatus, 407?):
            evidence.proxy?.hasCredentials == true
                ? (
                    "The proxy does not take the user and the password that it is given.",
                    "Correct them in the proxy's URL, http://user:password@host:port, percent-encoded\(orPastIt)."
                )
                : (
                    "The proxy asks for a user and a password.",
                    "Give them in the proxy's URL, http://user:password@host:port, in https_proxy or --proxy\(orPastIt)."
                )
        case (.proxyStatus, 400?), (.proxyStatus, 404?), (.proxyStatus, 405?), (.proxyStatus, 501?):
            (
                "It opens no tunnels, or is no proxy.",
                evidence.isSecure
                    ? "Check the proxy's address and port\(orPastIt)."
                    : "Check the proxy's address and port, or use \(Self.otherTransport), which needs no tunnel here\(orPastIt)."
            )
        case (.proxyStatus, 401?), (.proxyStatus, 403?):
            (
                "The proxy opens no tunnel to port \(evidence.port); most allow 443 alone.",
                evidence.isSecure
                    ? "Have the host and the port allowed\(orPastIt)."
                    : "Use wss:// at port 443, or \(Self.otherTransport), which needs no tunnel here\(orPastIt)."
            )
        case (.proxyStatus, .some(502...504)):
            (
                "The proxy did not get through to the server.",
                "Check the host's name and that the server runs\(orPastIt), and list the host in no_proxy."
            )
        case (.proxyStatus, .some(300..<400)):
            ("The network wants its users to log in first.", "Log in with a browser, and try again.")
        case (.timeout, _): ("The proxy does not answer, or waits for the server.", "Try again\(orPastIt).")
        case (.proxyInvalid, _), (.invalid, _):
            ("What listens there is no HTTP proxy.", "Check the proxy's address and port\(orPastIt).")
        default: ("The proxy opened no tunnel.", "Check what it allows\(orPastIt).")
        }
    }

    private var tls: Words {
        switch symptom.kind {
        case .untrusted:
            (
                "The certificate was signed by a root that is not trusted here (one of your own, or that of a proxy that looks "
                    + "into TLS), or its dates are wrong.",
                "Name the root: --cacert FILE (or the option websocket.ca-file)."
            )
        case .wrongHost:
            (
                "The certificate is for another host: the URL names the wrong one, or something else answers in its place.",
                "Correct the host in the URL, or the certificate's names."
            )
        case .noTLS: ("The server speaks no TLS at this port.", "Use ws:// in the URL, or another port.")
        case .timeout, .closed, .tls, .unreachable:
            (
                "Something between here and the server may cut TLS off by the host's name, or the server is no TLS server.",
                evidence.proxy == nil
                    ? "Try another network, or a proxy: --proxy." : "Check what the network allows\(orPastIt)."
            )
        default: ("TLS failed.", "Check the certificate and the port.")
        }
    }

    // MARK: WebSocket

    private var upgrade: Words {
        let others = "Use \(Self.otherTransport)\(longPollProven)."
        switch (symptom.kind, symptom.status) {
        case (.status, 401?), (.status, 403?):
            if evidence.passed(.longPollOpen, route) {
                return (
                    "The server takes this client, but not by WebSocket: a gateway before it, or its check of the origin or "
                        + "of subprotocols, forbids it.",
                    "Use \(Self.otherTransport), or have WebSocket allowed."
                )
            }
            return (
                "The socket refuses this client.",
                "Check --auth-token, --param, --header and --vsn."
            )
        case (.status, 404?):
            if evidence.passed(.longPollOpen, route) {
                return (
                    "The socket is there, but serves no WebSocket, or a proxy does not lead there.",
                    "Use \(Self.otherTransport), or enable websocket: true for the socket in the endpoint."
                )
            }
            return (
                "There is no socket at this path.",
                "Check the path against the endpoint's `socket \"/socket\", …`; the URL ends in /websocket."
            )
        case (.status, 407?):
            return (
                "A proxy on the way asks for credentials.", "Name it with them: --proxy http://user:password@host:port."
            )
        case (.status, 429?):
            return ("There were too many connections for now.", "Try again later.")
        case (.status, 500?):
            return (
                "The server failed in connecting.",
                "Look into its log. With an auth token, its socket needs auth_token: true."
            )
        case (.status, let status?):
            if evidence.passed(.longPollOpen, route) || ![502, 503, 504].contains(status) {
                return (
                    "\(place.capitalizedFirst) upgrades are answered with \(status): something before the server does not pass "
                        + "WebSocket on.",
                    others
                )
            }
            return (
                "\(place.capitalizedFirst) upgrades are answered with \(status): a gateway does not pass WebSocket on, or the "
                    + "server behind it is down.",
                "Check the server; if it is up, use \(Self.otherTransport)."
            )
        case (.timeout, _):
            return ("\(place.capitalizedFirst) upgrades are never answered: something swallows them.", others)
        case (.closed, _):
            return ("\(place.capitalizedFirst) the connection is cut when the upgrade is seen.", others)
        case (.invalid, _):
            return (
                "What answers does not speak WebSocket, or a proxy changes the answer.",
                "Check scheme, port and path; if they are right, use \(Self.otherTransport)."
            )
        default:
            return ("The upgrade failed.", others)
        }
    }

    private var heartbeat: Words {
        (
            "The upgrade passes, but messages do not: a proxy on the way holds them back or cuts the connection.",
            "Use \(Self.otherTransport)\(longPollProven)."
        )
    }

    private var compression: Words {
        (
            "Without permessage-deflate it works: something on the way does not bear compressed messages.",
            "Leave it off: no --compression, and no permessage-deflate in the options."
        )
    }

    private var join: Words {
        switch symptom.kind {
        case .denied:
            (
                "The server answers, and does not want this join.",
                "Check the topic, --join-payload, --param and --auth-token."
            )
        case .timeout:
            (
                "The channel's join takes longer than it may.",
                "Allow more with --timeout, or look into the server's log."
            )
        default: ("The connection was lost over the join.", "Look into the server's log.")
        }
    }

    // MARK: Long polling

    private var longPoll: Words {
        switch (symptom.kind, symptom.status) {
        case (.status, 404?) where evidence.chart(route)?.outcome(of: .upgrade)?.symptom?.status == 404:
            (
                "There is no socket at this path, or it serves no long polling.",
                "Check the path against the endpoint's `socket \"/socket\", …`, and its option longpoll."
            )
        case (.status, 404?):
            (
                "The server serves no long polling, which is off by default in Phoenix.",
                "Where WebSocket does not get through, enable it in the endpoint: socket \"/socket\", …, longpoll: true."
            )
        case (.status, 401?), (.status, 403?):
            ("The socket refuses this client.", "Check --auth-token, --param, --header and --vsn.")
        case (.status, 407?), (.proxyStatus, 407?):
            (
                "The proxy asks for a user and a password.",
                "Give them in the proxy's URL, http://user:password@host:port, in https_proxy or --proxy\(orPastIt)."
            )
        case (.status, .some(502...504)), (.proxyStatus, .some(502...504)):
            ("A gateway did not get through to the server.", "Check that the server runs\(orPastIt).")
        case (.status, .some(300..<400)):
            ("The network or the server leads elsewhere; redirects are not followed.", "Use the address it leads to.")
        case (.status, 500?): ("The server failed.", "Look into its log.")
        case (.timeout, _):
            ("Requests are not answered in time.", "Allow more with --timeout, or check the server\(orPastIt).")
        case (.untrusted, _), (.wrongHost, _), (.tls, _), (.noTLS, _):
            (
                "The certificate is not trusted, or TLS is cut off on the way. Long polling trusts the roots of the system alone.",
                "Add the root to the system's, or use WebSocket with --cacert."
            )
        case (.tool, _): ("The probe could not be run.", "Try again; if it stays so, it is a fault of phx.")
        default: ("Plain HTTP does not get through either.", "Check the URL, and what the network allows\(orPastIt).")
        }
    }

    private var exchange: Words {
        switch symptom.status {
        case 410?:
            (
                "The session was lost at once: requests probably reach different servers in turn.",
                "Let the load balancer keep each client at one server (sticky sessions), or cluster the nodes."
            )
        case let status?:
            (
                "Sessions open, but later requests are answered with \(status).",
                "Look at what answers them: the rules for POST of a proxy or a load balancer."
            )
        case nil:
            (
                "Sessions open, but messages do not come back: a proxy holds answers back or cuts them off.",
                "Allow more with --timeout, and look for a proxy's time limit below the server's window of 10 s."
            )
        }
    }

    // MARK: Parts of sentences

    private static let otherTransport = "--transport auto or longpoll"

    private var place: String { route == .proxy ? "behind this proxy" : "on this network" }

    /// That long polling was seen to work on this route, or that the server must be made to serve it.
    private var longPollProven: String {
        guard let chart = evidence.chart(route) else { return "" }
        if chart.answers(.longPoll) { return ", which gets through" }
        return chart.outcome(of: .longPollOpen)?.symptom?.status == 404
            ? " once the server serves it (longpoll: true)" : ""
    }

    /// What else helps where the server is reached without the proxy.
    private var orPastIt: String {
        let works = TransportName.allCases.contains { evidence.chart(.direct)?.answers($0) ?? false }
        return route == .proxy && works ? ", or go past it, which works: --proxy none" : ""
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
