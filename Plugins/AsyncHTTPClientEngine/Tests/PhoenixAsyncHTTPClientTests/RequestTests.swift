internal import PhoenixKit
internal import PhoenixLongPoll
internal import Testing

@testable internal import PhoenixAsyncHTTPClient

@Suite("A request by AsyncHTTPClient", .timeLimit(.minutes(1)))
struct RequestTests {
    /// The lines of a request's head: the first, and the others in order of the alphabet, names in lower case.
    private func lines(_ head: String) -> [String] {
        let lines = head.split(separator: "\r\n").map(String.init)
        return lines.prefix(1)
            + lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return parts[0].lowercased() + ":" + parts[1]
            }.sorted()
    }

    @Test("carries what it is given and what HTTP needs, and nothing else")
    func bytes() async throws {
        let (heads, head) = AsyncStream<String>.makeStream()
        let port = try await meet { peer in
            let connection = try await peer.accept()
            head.yield(try await connection.receiveHead())
            try await connection.answer()
            head.yield(try await connection.receiveHead())
            head.yield(String(decoding: try await connection.receive(9), as: UTF8.self))
            try await connection.answer()
        } body: { session, peer in
            let query = "vsn=2.0.0&name=a%2Fb%20%22c%22+d&token=s3cret&x"
            _ = try await session.send(peer.request(path: "/a%20b/longpoll", query: query))
            let headers = [
                HeaderField("content-type", "application/x-ndjson"), HeaderField("x-phoenix-longpoll-token", "s3cret"),
            ]
            _ = try await session.send(peer.request(.post, headers: headers, body: Bytes("[1]\n[2, 3]".prefix(9))))
            return peer.port
        }
        var iterator = heads.makeAsyncIterator()
        let (get, post, body) = (await iterator.next(), await iterator.next(), await iterator.next())
        #expect(
            try lines(#require(get)) == [
                "GET /a%20b/longpoll?vsn=2.0.0&name=a%2Fb%20%22c%22+d&token=s3cret&x HTTP/1.1",
                "accept-encoding: gzip, deflate", "host: localhost:\(port)",
            ]
        )
        #expect(
            try lines(#require(post)) == [
                "POST /socket/longpoll?token=s3cret HTTP/1.1", "accept-encoding: gzip, deflate", "content-length: 9",
                "content-type: application/x-ndjson", "host: localhost:\(port)", "x-phoenix-longpoll-token: s3cret",
            ]
        )
        #expect(body == "[1]\n[2, 3")
    }

    @Test("keeps its connection alive for the next, and the session's end closes it")
    func keepAlive() async throws {
        try await meet { peer in
            let connection = try await peer.accept()
            for _ in 0..<3 {
                _ = try await connection.receiveHead()
                try await connection.answer()
            }
            #expect(try await connection.receiveToEnd() == [])
        } body: { session, peer in
            for _ in 0..<3 {
                let response = try await session.send(peer.request())
                #expect(response.status == 200)
            }
        }
    }

    @Test(
        "gives every status as it comes: no redirect is followed, no challenge answered",
        arguments: [204, 302, 307, 401, 407, 410, 500]
    )
    func statuses(status: Int) async throws {
        let response = try await meet { peer in
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            let headers = [
                "Location: http://localhost:\(peer.port)/elsewhere", "WWW-Authenticate: Basic realm=\"x\"",
                "Set-Cookie: a=b",
            ]
            try await connection.answer(status, headers, status == 204 ? "" : "body")
            // The next request is the next of the test, without a cookie.
            let next = try await connection.receiveHead()
            #expect(next.hasPrefix("GET /next") && !next.lowercased().contains("cookie"))
            try await connection.answer()
        } body: { session, peer in
            let response = try await session.send(peer.request())
            _ = try await session.send(peer.request(path: "/next"))
            return response
        }
        #expect(response.status == status)
        #expect(response.body.text == (status == 204 ? "" : "body"))
        #expect(response.headers.contains(HeaderField("set-cookie", "a=b")))
    }

    // MARK: Bodies

    /// `hello hello hello hello`, as gzip makes it.
    private static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 200, 64, 39, 1, 227, 81, 61, 141, 23, 0, 0, 0,
    ]

    @Test("undoes gzip, up to the engine's limit")
    func gzip() async throws {
        func text(_ engine: AsyncHTTPClientEngine) async throws -> HTTPResponse {
            try await meet(engine) { peer in
                let connection = try await peer.accept()
                _ = try await connection.receiveHead()
                let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(Self.gzip.count)\r\n\r\n"
                try await connection.send(Array(head.utf8) + Self.gzip)
            } body: { session, peer in
                try await session.send(peer.request())
            }
        }
        #expect(try await text(AsyncHTTPClientEngine()).body.text == "hello hello hello hello")
        let error = try await failure { try await text(AsyncHTTPClientEngine(inflatedLimit: 10)) }
        #expect(error.code == .limitExceeded, "\(error)")
    }

    @Test("stops to read an answer that is larger than it may be, and closes the connection", arguments: [true, false])
    func limit(isChunked: Bool) async throws {
        let body = String(repeating: "x", count: 101)
        let error = try await meet { peer in
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            if isChunked {
                try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n\(body)\r\n")
            } else {
                try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n\(body)")
            }
            _ = try await connection.receiveToEnd()
        } body: { session, peer in
            try await failure { try await session.send(peer.request(limit: 100)) }
        }
        #expect(error.code == .limitExceeded, "\(error)")
    }

    @Test("takes an answer that is exactly as large as it may be")
    func exactLimit() async throws {
        let body = String(repeating: "x", count: 100)
        let response = try await meet { peer in
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            try await connection.answer(200, [], body)
        } body: { session, peer in
            try await session.send(peer.request(limit: 100))
        }
        #expect(response.body.text == body)
    }

    // MARK: Ends

    @Test("is not sent again when the connection is lost in the middle, nor when it had been closed before")
    func neverTwice() async throws {
        let errors = try await meet { peer in
            let first = try await peer.accept()
            #expect(try await first.receiveHead().hasPrefix("POST /one"))
            try await first.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            try await first.close()
            let second = try await peer.accept()
            #expect(try await second.receiveHead().hasPrefix("POST /two"))
            try await second.close()
            let third = try await peer.accept()
            #expect(try await third.receiveHead().hasPrefix("POST /three"))
            try await third.answer(200, ["Connection: close"])
            try await third.close()
            let fourth = try await peer.accept()
            #expect(try await fourth.receiveHead().hasPrefix("POST /four"))
            try await fourth.answer()
        } body: { session, peer in
            let errors = [
                try await failure { try await session.send(peer.request(.post, path: "/one")) },
                try await failure { try await session.send(peer.request(.post, path: "/two")) },
            ]
            #expect(try await session.send(peer.request(.post, path: "/three")).status == 200)
            #expect(try await session.send(peer.request(.post, path: "/four")).status == 200)
            return errors
        }
        #expect(errors.map(\.code) == [.unreachable, .unreachable], "\(errors)")
    }

    @Test("ends at once with its task, and its connection with it")
    func cancelling() async throws {
        let (moments, moment) = AsyncStream<Void>.makeStream()
        try await meet { peer in
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            moment.yield()
            _ = try await connection.receiveToEnd()
            let other = try await peer.accept()
            _ = try await other.receiveHead()
            try await other.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            moment.yield()
            _ = try await other.receiveToEnd()
        } body: { session, peer in
            var iterator = moments.makeAsyncIterator()
            for _ in 0..<2 {
                let request = peer.request()
                let task = Task { try await session.send(request) }
                await iterator.next()
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }

    @Test("survives cancellation at any moment, 1,000 times")
    func cancellingAtAnyMoment() async throws {
        // The paths of the requests that the peer has answered, or keeps without an answer.
        let (moments, moment) = AsyncStream<String>.makeStream()
        try await ScriptedPeer.run { peer in
            let serving = Task {
                while true {
                    let connection = try await peer.accept()
                    Task {
                        while true {
                            let head = try await connection.receiveHead()
                            let path = head.split(separator: " ").dropFirst().first?.prefix { $0 != "?" } ?? ""
                            if !path.hasPrefix("/kept") { try await connection.answer(200, [], "[]") }
                            moment.yield(String(path))
                        }
                    }
                }
            }
            defer { serving.cancel() }
            let session = try await AsyncHTTPClientEngine().open(
                HTTPSessionRequest(url: peer.request().url, connectTimeout: .seconds(30), proxy: .none)
            )
            var reached = moments.makeAsyncIterator()
            for round in 0..<1_000 {
                let path = "/\(round % 4 == 1 ? "kept" : "answered")/\(round)"
                let request = peer.request(path: path)
                let task = Task { try await session.send(request) }
                switch round % 4 {
                // While it is on its way.
                case 0: for _ in 0..<(round * 7 % 200) { await Task.yield() }
                // When it has arrived, or, a little later, about when its answer arrives.
                case 1, 2:
                    while let arrived = await reached.next(), arrived != path {}
                    if round % 4 == 2 { for _ in 0..<(round * 7 % 200) { await Task.yield() } }
                // When it is over.
                default: _ = await task.result
                }
                task.cancel()
                switch (round % 4, await task.result) {
                case (0, .success(let response)), (2, .success(let response)), (3, .success(let response)):
                    #expect(response.body.text == "[]")
                case (0, .failure(let error)), (1, .failure(let error)), (2, .failure(let error)):
                    #expect(error is CancellationError)
                case (_, let result): Issue.record("round \(round): \(result)")
                }
            }
            // The session is as good as before.
            #expect(try await session.send(peer.request()).body.text == "[]")
            session.close()
        }
    }

    @Test("is given up at its backstop")
    func backstop() async throws {
        let error = try await meet { peer in
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            _ = try await connection.receiveToEnd()
        } body: { session, peer in
            try await failure { try await session.send(peer.request(timeout: .milliseconds(300))) }
        }
        #expect(error.code == .timeout, "\(error)")
    }

    @Test("to nobody says so")
    func unreachable() async throws {
        let session = try await ScriptedPeer.run { peer in
            try await AsyncHTTPClientEngine().open(
                HTTPSessionRequest(url: peer.request().url, connectTimeout: .seconds(30), proxy: .none)
            )
        }
        let port = try await ScriptedPeer.run { $0.port }
        let request = HTTPRequest(
            method: .get,
            url: Endpoint(scheme: "http", host: "127.0.0.1", port: port, path: "/", query: "token=s3cret"),
            timeout: .seconds(60),
            responseLimit: 100
        )
        let error = try await failure { try await session.send(request) }
        #expect(error.code == .unreachable, "\(error)")
    }

    @Test("to a server that speaks something else says so")
    func foreign() async throws {
        let error = try await meet { peer in
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            try await connection.send("SSH-2.0-OpenSSH_9.2\r\n")
            _ = try await connection.receiveToEnd()
        } body: { session, peer in
            try await failure { try await session.send(peer.request()) }
        }
        #expect(error.code == .transportProtocol, "\(error)")
    }
}
