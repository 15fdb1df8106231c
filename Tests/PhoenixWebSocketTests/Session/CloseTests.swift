internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("How connections end", .timeLimit(.minutes(1)))
struct CloseTests {
    @Test(
        "The peer's close is echoed with its code and reported with its reason, after all frames before it",
        arguments: [nil, 1000, 1001, 1002, 1011, 1012, 3000, 4999] as [UInt16?]
    )
    func peersClose(code: UInt16?) async throws {
        let payload = code.map { closePayload($0, "grüße") } ?? []
        let (frames, close) = try await meet { peer in
            try await peer.upgrade()
            try await peer.send(serverFrame(0x81, "a") + serverFrame(0x88, payload) + serverFrame(0x81, "after"))
            let echo = try await peer.receiveFrame()
            #expect(echo.opcode == 8 && echo.code == code)
            try await peer.close()
        } body: { connection in
            let ended = try await drain(connection)
            let error = await #expect(throws: PhoenixError.self) { try await connection.outbound.write([.text("x")]) }
            #expect(error?.code == .disconnected)
            return ended
        }
        #expect(frames == [.text("a")])
        #expect(close == ConnectionClose(code: code, reason: code == nil ? "" : "grüße"))
    }

    @Test("The end of the connection without a close frame is reported as unclean")
    func endOfStream() async throws {
        let (frames, close) = try await meet { peer in
            try await peer.upgrade()
            try await peer.send(serverFrame(0x81, "a") + [0x81, 5, 1])
            try await peer.close()
        } body: {
            try await drain($0)
        }
        #expect(frames == [.text("a")])
        #expect(close == ConnectionClose(code: nil, isLocal: false, isClean: false))
    }

    @Test("Frames that come with the 101 are delivered although the connection ends in the same moment")
    func endAtOnce() async throws {
        for last in [[], [0x81, 5, 1], serverFrame(0x89, "p"), [0xC1, 0x00]] as [[UInt8]] {
            for _ in 0..<50 {
                try await meet { peer in
                    try await peer.upgrade(glued: serverFrame(0x81, "a") + last)
                    try await peer.close()
                } body: { connection in
                    guard case .frames(let batch)? = try await connection.inbound.next() else {
                        Issue.record("expected frames")
                        return
                    }
                    #expect(batch.frames == [.text("a")])
                }
            }
        }
    }

    @Test("A reset is reported as unclean, and the write after it as disconnected")
    func reset() async throws {
        try await meet { peer in
            try await peer.upgrade()
            try await peer.reset()
        } body: { connection in
            let close = try await drain(connection).close
            #expect(close == ConnectionClose(code: nil, isLocal: false, isClean: false))
            let error = await #expect(throws: PhoenixError.self) { try await connection.outbound.write([.text("x")]) }
            #expect(error?.code == .disconnected)
        }
    }

    @Test("What was written before a close is sent before it, also from one batch of many frames")
    func writesBeforeClose() async throws {
        try await meet { peer in
            try await peer.upgrade()
            for index in 0..<2_000 { #expect(try await peer.receiveFrame().text == "\(index)") }
            let close = try await peer.receiveFrame()
            #expect(close.code == 1000 && close.payload.count == 125)
            try await peer.send(serverFrame(0x88, closePayload(1000)))
            try await peer.close()
        } body: { connection in
            try await connection.outbound.write((0..<2_000).map { .text("\($0)") })
            await connection.outbound.close(code: 1005, reason: String(repeating: "r", count: 200))
            let close = try await drain(connection).close
            #expect(close == ConnectionClose(code: 1000, isLocal: true))
        }
    }

    @Test("Frames that come between our close and the peer's are delivered")
    func framesWhileClosing() async throws {
        let (frames, close) = try await meet { peer in
            try await peer.upgrade()
            #expect(try await peer.receiveFrame().opcode == 8)
            try await peer.send(serverFrame(0x81, "late") + serverFrame(0x88, closePayload(1000)))
            try await peer.close()
        } body: { connection in
            await connection.outbound.close(code: 1000, reason: "")
            return try await drain(connection)
        }
        #expect(frames == [.text("late")])
        #expect(close?.isLocal == true && close?.isClean == true)
    }

    @Test(
        "A broken rule is told to the peer with its code, and to the reader with one error after the good frames",
        arguments: [
            (serverFrame(0xC1, "x"), 1002, PhoenixError.Code.transportProtocol),
            (serverFrame(0x81, [0xFF]), 1007, .transportProtocol),
            ([0x82, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0], 1009, .limitExceeded),
        ] as [([UInt8], UInt16, PhoenixError.Code)]
    )
    func violations(bytes: [UInt8], code: UInt16, expected: PhoenixError.Code) async throws {
        try await meet { peer in
            try await peer.upgrade()
            try await peer.send(serverFrame(0x81, "good") + bytes)
            #expect(try await peer.finish() == code)
        } body: { connection in
            guard case .frames(let batch)? = try await connection.inbound.next() else {
                Issue.record("expected frames")
                return
            }
            #expect(batch.frames == [.text("good")])
            let error = await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            #expect(error?.code == expected)
            let last = try await connection.inbound.next()
            #expect(last == nil)
        }
    }

    @Test("What came before a broken rule can still be answered, until the reader comes to the error")
    func answersBeforeTheVerdict() async throws {
        try await meet { peer in
            try await peer.upgrade(glued: serverFrame(0x81, "one") + serverFrame(0x81, "two") + [0xC1])
            #expect(try await peer.receiveFrame().text == "answer")
            #expect(try await peer.finish() == 1002)
        } body: { connection in
            _ = try await connection.inbound.next()
            try await connection.outbound.write([.text("answer")])
            await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            let error = await #expect(throws: PhoenixError.self) { try await connection.outbound.write([.text("x")]) }
            #expect(error?.code == .disconnected)
        }
    }

    @Test("A body that ends, or closes, before it comes to the error tells the peer of the broken rule all the same")
    func verdictAtTheEnd() async throws {
        for closes in [false, true] {
            try await meet { peer in
                try await peer.upgrade(glued: serverFrame(0x81, "good") + serverFrame(0x81, [0xFF]))
                #expect(try await peer.finish() == 1007)
            } body: { connection in
                _ = try await connection.inbound.next()
                if closes { await connection.outbound.close(code: 4000, reason: "") }
            }
        }
    }

    @Test("An error of the body comes out, and the connection is closed with 1000")
    func throwing() async throws {
        struct Oops: Error {}
        await #expect(throws: Oops.self) {
            try await meet { peer in
                try await peer.upgrade()
                #expect(try await peer.finish() == 1000)
            } body: { _ in
                throw Oops()
            }
        }
    }

    @Test("Cancelling closes the connection at once, without a close frame, and ends next()")
    func cancelling() async throws {
        try await ScriptedPeer.run { peer in
            let request = peer.request()
            let opened = Line<Void>()
            let task = Task {
                try await WebSocketTransport().withConnection(request) { connection in
                    opened.put(())
                    return try await connection.inbound.next()
                }
            }
            let connection = try await peer.accept()
            try await connection.upgrade()
            _ = try await opened.take()
            task.cancel()
            #expect(try await connection.receiveToEnd() == [])
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("Cancelling before the upgrade is answered throws CancellationError and closes the socket")
    func cancellingEarly() async throws {
        try await ScriptedPeer.run { peer in
            let request = peer.request()
            let task = Task { try await WebSocketTransport().withConnection(request) { _ in } }
            let connection = try await peer.accept()
            _ = try await connection.receiveHead()
            task.cancel()
            #expect(try await connection.receiveToEnd() == [])
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("Two hundred connections leave no descriptor and no sleeper behind")
    func leaks() async throws {
        let clock = ManualClock()
        let gone = Line<Void>()
        try await ScriptedPeer.run { peer in
            for index in 0..<200 {
                async let served: Void = {
                    let connection = try await peer.accept()
                    try await connection.upgrade(glued: serverFrame(0x81, "x"))
                    _ = index % 2 == 0 ? try await connection.finish() : nil
                    try await connection.close()
                    gone.put(())
                }()
                let connector = CountingConnector()
                try await WebSocketTransport(connector: connector).withConnection(peer.request { $0.clock = clock }) {
                    _ = try await $0.inbound.next()
                }
                try await served
                #expect(connector.isClosed)
                #expect(clock.sleepers == 0)
            }
        }
    }
}
