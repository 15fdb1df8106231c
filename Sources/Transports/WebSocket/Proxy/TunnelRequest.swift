internal import PhoenixKit

/// The request that asks a proxy for a tunnel to a server.
struct TunnelRequest: Sendable {
    let proxy: Proxy
    /// Host and port of the server.
    let authority: String

    /// - Throws: `.invalidURL` for a host that cannot stand in a request.
    init(to host: String, port: UInt16, through proxy: Proxy) throws(PhoenixError) {
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@[]\\".utf8.contains($0) }) else {
            throw PhoenixError(
                .invalidURL,
                "Expected a host that a proxy can be asked for: a name, or an IP address without brackets, got another."
            )
        }
        self.proxy = proxy
        authority = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// The request as it goes to the proxy.
    var bytes: [UInt8] {
        var lines = ["CONNECT \(authority) HTTP/1.1", "Host: \(authority)"]
        if let credentials = proxy.credentials {
            let pair = Array("\(credentials.user):\(credentials.password.revealed)".utf8)
            lines.append("Proxy-Authorization: Basic \(Base64.encode(pair))")
        }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }

    // MARK: What may come of it

    /// The proxy answered with a status other than 2xx.
    func refused(_ refusal: ProxyRefusal) -> PhoenixError {
        PhoenixError(
            .proxyRefused,
            "Expected the proxy \(proxy) to open the way to \(authority), got status \(refusal.status). \(advice(refusal))",
            cause: refusal
        )
    }

    /// The proxy answered with something else than HTTP.
    func invalid(_ came: String) -> PhoenixError {
        PhoenixError(
            .proxyInvalid,
            "Expected the proxy \(proxy) to answer in HTTP/1.1, got \(came). Check that an HTTP proxy listens there."
        )
    }

    /// The proxy closed the connection before it answered, or while it did.
    var closed: PhoenixError {
        PhoenixError(
            .proxyInvalid,
            "Expected the proxy \(proxy) to open the way to \(authority), but it closed the connection before its answer was "
                + "complete. Check that an HTTP proxy listens there, and that it allows the host and the port."
        )
    }

    /// The proxy's answer is too long.
    func tooLong(_ limit: Int) -> PhoenixError {
        PhoenixError(.limitExceeded, "Expected at most \(limit) bytes of headers from the proxy \(proxy), got more.")
    }

    private func advice(_ refusal: ProxyRefusal) -> String {
        switch refusal.status {
        // Tinyproxy says 401 where others say 407.
        case 401, 407:
            authentication(refusal)
        case 400:
            "It did not understand CONNECT. Check that an HTTP proxy listens there."
        case 403:
            "It forbids this host or port. Have them allowed, use wss at port 443, which most proxies allow, or long polling."
        case 404, 405, 501:
            "It opens no tunnels, or is no proxy. Check its address, or use long polling."
        case 429, 503:
            "It is busy, or does not reach the server for now. Try again later."
        case 502, 504:
            "It did not reach the server. Check the host's name and that the server is up; where the server is reached without "
                + "a proxy, list it in NO_PROXY or in the exclusions of the proxy's setting."
        case 300..<400:
            "It redirects, as a proxy does that wants its users to log in first. Log in, or use another network."
        default:
            "Check that an HTTP proxy listens there, and what it allows."
        }
    }

    private func authentication(_ refusal: ProxyRefusal) -> String {
        let fields = refusal.headers.filter { ["proxy-authenticate", "www-authenticate"].contains($0.name) }
        let schemes = fields.map { HeaderRules.trimmed($0.value).prefix { $0 != " " }.lowercased() }
        if !schemes.isEmpty, !schemes.contains("basic") {
            let named = schemes.filter { ["digest", "negotiate", "ntlm", "kerberos", "bearer"].contains($0) }
            return
                "It asks for a login by \(named.isEmpty ? "another scheme" : named.joined(separator: " or ")); only Basic is "
                + "spoken. Have it allow Basic, or run a local proxy that logs in by itself."
        }
        return proxy.credentials == nil
            ? "It asks for credentials. Give them in the proxy's setting, as in http://user:password@host:port."
            : "It does not accept the credentials. Check user and password in the proxy's setting."
    }
}
