internal import NIOHTTP1
internal import PhoenixKit

/// The request that asks a server to speak WebSocket (RFC 6455 section 4.1).
struct UpgradeRequest {
    /// The request itself.
    let head: HTTPRequestHead
    /// What `Sec-WebSocket-Key` says.
    let key: String
    /// The subprotocols the server may choose from.
    ///
    /// The auth token travels among those offered, but is no protocol.
    let protocols: [String]
    /// The extensions offered.
    let extensions: [any WireExtension]

    /// Builds the request and refuses what must not be sent.
    ///
    /// - Throws: `.invalidURL` for a URL that cannot stand in a request, `.invalidOption` for headers, subprotocols and
    ///   extensions that break the upgrade or HTTP.
    init(
        _ request: ConnectionRequest,
        subprotocols: [String],
        random: @Sendable () -> UInt64
    ) throws(PhoenixError) {
        let url = request.url
        guard url.requestTarget.hasPrefix("/"), url.requestTarget.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !url.host.isEmpty,
            url.host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@[]\\".utf8.contains($0) })
        else {
            throw PhoenixError(
                .invalidURL,
                "Expected a URL with a host, a path from / on and everything else percent-encoded, got another."
            )
        }
        try Self.check(request.headers)
        for name in subprotocols where !HeaderRules.isToken(name) {
            throw PhoenixError(.invalidOption, "Expected subprotocols that are tokens of HTTP, got another.")
        }
        for item in request.wireExtensions where !HeaderRules.isValue(item.offer) || !HeaderRules.isToken(item.name) {
            throw PhoenixError(.invalidOption, "Expected extensions whose offer is a header's value, got another.")
        }

        var bytes: [UInt8] = []
        for _ in 0..<2 { withUnsafeBytes(of: random()) { bytes += $0 } }
        let key = Base64.encode(bytes)

        var headers = HTTPHeaders()
        let host = request.headers.first { $0.name.lowercased() == "host" }?.value
        headers.add(name: "Host", value: host ?? Self.host(of: url))
        headers.add(name: "Upgrade", value: "websocket")
        headers.add(name: "Connection", value: "Upgrade")
        headers.add(name: "Sec-WebSocket-Key", value: key)
        headers.add(name: "Sec-WebSocket-Version", value: "13")

        var protocols: [String] = []
        for name in (request.authToken == nil ? [] : ["phoenix"]) + subprotocols where !protocols.contains(name) {
            protocols.append(name)
        }
        // The prefix says base64url, the server decodes the standard alphabet (Phoenix.Transports.WebSocket).
        let token = request.authToken.map {
            "base64url.bearer.phx." + Base64.encode(Array($0.revealed.utf8), padded: false)
        }
        let offered = protocols + (token.map { [$0] } ?? [])
        if !offered.isEmpty {
            headers.add(name: "Sec-WebSocket-Protocol", value: offered.joined(separator: ", "))
        }
        if !request.wireExtensions.isEmpty {
            let offers = request.wireExtensions.map(\.offer).joined(separator: ", ")
            headers.add(name: "Sec-WebSocket-Extensions", value: offers)
        }
        for field in request.headers where field.name.lowercased() != "host" {
            headers.add(name: field.name, value: field.value)
        }

        head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.requestTarget, headers: headers)
        self.key = key
        self.protocols = protocols
        extensions = request.wireExtensions
    }

    /// What `Host` says: the port only where it is not the scheme's own (RFC 6455 section 4.1).
    private static func host(of url: Endpoint) -> String {
        guard let port = url.port, port != url.defaultPort else { return url.bracketedHost }
        return "\(url.bracketedHost):\(port)"
    }

    private static func check(_ fields: [HeaderField]) throws(PhoenixError) {
        var hosts = 0
        for field in fields {
            guard HeaderRules.isToken(field.name), HeaderRules.isValue(field.value) else {
                throw PhoenixError(
                    .invalidOption,
                    "Expected headers with a token for a name and no control characters in the value, got another."
                )
            }
            let name = field.name.lowercased()
            if name == "host" { hosts += 1 }
            let isOurs =
                ["upgrade", "connection", "content-length", "transfer-encoding"].contains(name)
                || name.hasPrefix("sec-websocket-")
            guard !isOurs, hosts < 2 else {
                throw PhoenixError(
                    .invalidOption,
                    "Expected headers that leave the upgrade alone, got \(field.name); the transport writes it itself."
                )
            }
        }
    }
}

extension Endpoint {
    /// The port that the scheme stands for.
    var defaultPort: UInt16 { isSecure ? 443 : 80 }
}
