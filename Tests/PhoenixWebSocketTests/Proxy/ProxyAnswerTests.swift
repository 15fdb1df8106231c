internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("A proxy's answer")
struct ProxyAnswerTests {
    /// What became of some bytes: the head, and how many of them it took.
    private func read(_ bytes: [UInt8], limit: Int = 1_000) throws -> (head: ProxyAnswer.Head?, count: Int) {
        let request = try TunnelRequest(to: "server.test", port: 443, through: Proxy(host: "proxy.test", port: 3128))
        var answer = ProxyAnswer(to: request, limit: limit)
        for (index, byte) in bytes.enumerated() {
            if let head = try answer.received(byte) { return (head, index + 1) }
        }
        return (nil, bytes.count)
    }

    private func read(_ text: String, limit: Int = 1_000) throws -> (head: ProxyAnswer.Head?, count: Int) {
        try read(Array(text.utf8), limit: limit)
    }

    private func refusal(_ text: String, limit: Int = 1_000) throws -> PhoenixError {
        try #require(throws: PhoenixError.self) { try read(text, limit: limit) }
    }

    @Test(
        "ends with its empty line, and its status opens the tunnel or does not",
        arguments: [
            ("HTTP/1.1 200 Connection established\r\n\r\n", 200, true), ("HTTP/1.0 200\r\n\r\n", 200, true),
            ("HTTP/1.1 204 \n\n", 204, true), ("HTTP/1.1 299 x\r\n\n", 299, true),
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", 407, false), ("HTTP/1.1 101 x\r\n\r\n", 101, false),
            ("HTTP/1.1 302 Found\r\n\r\n", 302, false), ("HTTP/1.9 599 x\r\n\r\n", 599, false),
        ]
    )
    func statuses(text: String, status: Int, isOpen: Bool) throws {
        let (head, count) = try read(text + "server's own")
        #expect(head?.status == status && head?.isOpen == isOpen)
        #expect(count == text.utf8.count)
    }

    @Test("gives its headers, and takes no body after a 2xx, whatever they say")
    func headers() throws {
        let text = "HTTP/1.1 200 OK\r\nVia:  1.1 proxy \r\nContent-Length: 9\r\nTRANSFER-ENCODING:chunked\r\n\r\n"
        let (head, count) = try read(text + "not a body")
        #expect(
            head?.headers == [
                HeaderField("via", "1.1 proxy"), HeaderField("content-length", "9"),
                HeaderField("transfer-encoding", "chunked"),
            ]
        )
        #expect(count == text.utf8.count)
    }

    @Test("may follow interim answers, whose headers are forgotten")
    func interim() throws {
        let text = "HTTP/1.1 100 Continue\r\nA: 1\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nB: 2\r\n\r\n"
        let (head, count) = try read(text)
        #expect(head?.status == 200 && head?.headers == [HeaderField("b", "2")])
        #expect(count == text.utf8.count)
    }

    @Test(
        "that is none is refused as soon as that shows",
        arguments: [
            "SSH-2.0-OpenSSH_9.2", "\r\n\r\n", "<html>", "HTTP/2", "http/1.1 200 OK\r\n", "ICY 200 OK\r\n",
            "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{A}",
        ]
    )
    func strangers(text: String) throws {
        let first = try #require(text.utf8.first)
        let error = try refusal(text)
        #expect(error.code == .proxyInvalid)
        if first != UInt8(ascii: "H") {
            #expect(try refusal(String(text.unicodeScalars.prefix(1))).code == .proxyInvalid)
        }
        #expect(error.message.contains("TLS") == (first == 0x15))
    }

    @Test(
        "with a broken line is refused",
        arguments: [
            "HTTP/1.1\r\n", "HTTP/1.1 \r\n", "HTTP/1.x 200 OK\r\n", "HTTP/1.10 200 OK\r\n", "HTTP/1.1 20 OK\r\n",
            "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1 099 OK\r\n", "HTTP/1.1  200 OK\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n", "HTTP/1.1 200 OK\r\n folded: x\r\n", "HTTP/1.1 200 OK\r\n: x\r\n",
            "HTTP/1.1 200 OK\r\nA B: x\r\n", "HTTP/1.1 200 OK\r\nA: x\0y\r\n",
        ]
    )
    func broken(text: String) throws {
        #expect(try refusal(text).code == .proxyInvalid)
    }

    @Test("is bounded, however it is made up")
    func bounded() throws {
        let exact = "HTTP/1.1 200 OK\r\nA: 123456\r\n\r\n"
        #expect(try read(exact, limit: exact.utf8.count).head != nil)
        #expect(try refusal(exact, limit: exact.utf8.count - 1).code == .limitExceeded)
        for text in [
            "HTTP/1.1 200 " + String(repeating: "x", count: 2_000),
            "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 500),
            String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 100),
        ] {
            #expect(try refusal(text).code == .limitExceeded)
        }
    }

    @Test("of random bytes, or with random changes, is read or refused")
    func random() throws {
        let sound = Array(
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nA: b\r\n\r\n".utf8
        )
        for round in 0..<5_000 {
            var generator = SeededGenerator.forTests(UInt64(round))
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            do {
                let (head, count) = try read(bytes)
                if let head { #expect((100...999).contains(head.status) && count <= bytes.count) }
            } catch {
                #expect((error as? PhoenixError)?.code == .proxyInvalid, "\(SeededGenerator.seed), round \(round)")
            }
        }
    }
}
