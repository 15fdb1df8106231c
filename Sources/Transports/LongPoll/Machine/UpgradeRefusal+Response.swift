internal import PhoenixKit

extension UpgradeRefusal {
    /// What came in place of what was asked for, with `status` where it is not the one of HTTP that counts.
    init(_ response: HTTPResponse, status: Int? = nil, limits: ConnectionLimits) {
        self.init(
            status: status ?? response.status,
            headers: response.headers,
            body: response.body[0..<max(0, limits.refusalBody)].compacted()
        )
    }

    /// The error for a refusal of the first request: what came, and what may help.
    var error: PhoenixError {
        PhoenixError(
            .upgradeRefused,
            "Expected the server to open a long-poll session, got status \(status). \(advice)",
            cause: self,
            stage: .upgrade
        )
    }

    private var advice: String {
        switch status {
        case 300..<400:
            "The server redirects to \(place); redirects are not followed. Use that address if it is yours."
        case 400:
            "The server, or a proxy before it, does not take the request. Check the URL."
        case 401:
            "Credentials are missing or wrong. Check the token and the headers."
        case 403:
            "The socket refused the connection. Check the token, the parameters, the vsn and any Origin header."
        case 404:
            "Nothing answers at this path. Check it, and that the socket's longpoll transport is on."
        case 407:
            "A proxy asks for credentials."
        case 429:
            "Too many connections for now.\(retry)"
        case 503:
            "The server is not available for now.\(retry)"
        case 500:
            "The server failed. With an auth token, check that the server expects one (auth_token: true)."
        case 501, 502, 504:
            "A gateway could not pass the request on. Check that the server is up."
        default:
            "Check that the URL leads to a Phoenix socket."
        }
    }

    /// Where a redirect leads: the host alone, since paths and queries may hold secrets.
    private var place: String {
        guard let location = header("location"), !location.isEmpty else { return "an address it does not name" }
        if location.hasPrefix("/"), !location.hasPrefix("//") { return "another path on the same host" }
        let absolute = location.hasPrefix("//") ? "https:" + location : location
        guard let url = try? Endpoint(absolute) else { return "an address that is no plain URL" }
        return "\(url.scheme)://\(url.bracketedHost)\(url.port.map { ":\($0)" } ?? "")"
    }

    private var retry: String {
        guard let text = header("retry-after"), let seconds = UInt32(text) else { return " Try again later." }
        return " Retry-After asks to wait \(seconds) s."
    }
}
