internal import PhoenixKit

@testable internal import PhoenixWebSocket

extension FuzzTarget {
    /// A proxy: the first byte says whether the others are its answer to CONNECT or the URL in which a user names it.
    ///
    /// The answer is over within its limit; neither of them gives an error that tells the password.
    static func proxy(_ corpus: Corpus) -> FuzzTarget {
        let answers = [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 204 X\n\n", "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "HTTP/1.1 101 X\r\n\r\n",
            "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"\(planted)\"\r\nproxy-authenticate: Negotiate\r\n\r\n",
        ]
        let urls = [
            "http://user:\(planted)@proxy.example.org:3128", "proxy.example.org:8080/",
            "http://us%65r:%73\(planted)@[::1]:1",
            "socks5://\(planted)@x:1", "https://u:\(planted)@x", "user:\(planted)@@x:99",
        ]
        let words = [
            "HTTP/1.1 ", "HTTP/1.0 200", " 407 ", "\r\n", "\n", "\r", "\r\n\r\n", ":", ": ", " ",
            "Proxy-Authenticate: ", "Basic", "Negotiate, NTLM",
            "http://", "://", "@", "%", "%40", "%0A", "[", "]", "65536", planted, "\u{16}\u{3}\u{1}", "ä",
        ]
        let heads = corpus.heads.map { head in head.prefix(1_000) }
        return FuzzTarget(
            "proxy",
            seeds: answers.map { [0] + Array($0.utf8) } + urls.map { [1] + Array($0.utf8) } + heads.map { [0] + $0 },
            tokens: words.map { Array($0.utf8) },
            examine: { input in
                guard let choice = input.first else { return false }
                let rest = Array(input.dropFirst())
                return choice & 1 == 0 ? examineProxyAnswer(rest) : examineProxy(String(decoding: rest, as: UTF8.self))
            }
        )
    }

    private static func examineProxyAnswer(_ input: [UInt8]) -> Bool {
        let limit = 1_500
        let request: TunnelRequest
        do {
            let proxy = try Proxy("http://user:\(planted)@proxy.example.org:3128")
            request = try TunnelRequest(to: "example.org", port: 443, through: proxy)
        } catch {
            broken("a request that can be sent, got \(error)")
        }
        let (head, count, error) = Meter.bounded(32_768 + 60 * input.count) { read(input, request, limit) }
        require(count <= limit + 1, "no more than \(limit) bytes to be read, got \(count)")
        if let error {
            let isTooLong = error.code == .limitExceeded
            require(isTooLong == (count > limit), "a limit where it is reached, got \(error) after \(count) bytes")
            require(isTooLong || error.code == .proxyInvalid, "an error of the proxy, got \(error.code)")
            require(!"\(error)".contains(planted), "no secrets in errors, got \(error)")
            return false
        }
        guard let head else { return false }
        require((100...999).contains(head.status), "a status of three digits, got \(head.status)")
        require(input[..<count].suffix(1) == [0x0A], "the answer to end with a line")
        for field in head.headers {
            require(HeaderRules.isToken(field.name) && HeaderRules.isValue(field.value), "headers as HTTP has them")
        }
        let refusal = request.refused(ProxyRefusal(status: head.status, headers: head.headers))
        require(!"\(refusal)".contains(planted), "no secrets in errors, got \(refusal)")
        return head.isOpen
    }

    /// What becomes of an answer, and how many bytes of it were looked at.
    private static func read(
        _ input: [UInt8],
        _ request: TunnelRequest,
        _ limit: Int
    ) -> (head: ProxyAnswer.Head?, count: Int, error: PhoenixError?) {
        var answer = ProxyAnswer(to: request, limit: limit)
        for (index, byte) in input.enumerated() {
            do throws(PhoenixError) {
                if let head = try answer.received(byte) { return (head, index + 1, nil) }
            } catch {
                return (nil, index + 1, error)
            }
        }
        return (nil, input.count, nil)
    }

    private static func examineProxy(_ text: String) -> Bool {
        let proxy: Proxy
        do throws(PhoenixError) {
            proxy = try Proxy(text)
        } catch {
            require(
                error.code == .invalidURL || error.code == .invalidOption,
                "an error of the setting, got \(error.code)"
            )
            require(!"\(error)".contains(planted), "no secrets in errors, got \(error)")
            return false
        }
        require(!proxy.host.isEmpty && proxy.port > 0, "a host and a port")
        require(
            proxy.host.contains(planted) || !"\(proxy)".contains(planted),
            "no secrets in a description, got \(proxy)"
        )
        if let request = try? TunnelRequest(to: "example.org", port: 443, through: proxy) {
            let lines = String(decoding: request.bytes, as: UTF8.self).split(
                separator: "\r\n",
                omittingEmptySubsequences: false
            )
            require(lines.count == (proxy.credentials == nil ? 4 : 5), "the lines of a request, got \(lines.count)")
            require(
                request.bytes.allSatisfy { $0 == 0x0D || $0 == 0x0A || $0 >= 0x20 },
                "no control characters in a request"
            )
        }
        return true
    }
}
