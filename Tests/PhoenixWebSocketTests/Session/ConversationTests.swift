internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("A conversation over one connection", .timeLimit(.minutes(1)))
struct ConversationTests {
    @Test("Text and binary frames go both ways, masked by the client, in order")
    func bothWays() async throws {
        let (frames, close) = try await meet { peer in
            try await peer.upgrade()
            for expected in ["one", "two"] {
                let frame = try await peer.receiveFrame()
                #expect(frame.first == 0x81 && frame.isMasked && frame.text == expected)
            }
            let binary = try await peer.receiveFrame()
            #expect(binary.first == 0x82 && binary.isMasked && binary.payload == [1, 2, 3])
            try await peer.send(
                serverFrame(0x81, "drei") + serverFrame(0x82, [4]) + serverFrame(0x88, closePayload(1001, "bye"))
            )
            let echo = try await peer.receiveFrame()
            #expect(echo.opcode == 8 && echo.code == 1001)
            try await peer.close()
        } body: { connection in
            try await connection.outbound.write([.text("one"), .text("two")])
            try await connection.outbound.write([.binary([1, 2, 3])])
            return try await drain(connection)
        }
        #expect(frames == [.text("drei"), .binary([4])])
        #expect(close == ConnectionClose(code: 1001, reason: "bye", isLocal: false, isClean: true))
    }

    @Test("A close of ours is answered by the peer and reported as local")
    func localClose() async throws {
        let close = try await meet { peer in
            try await peer.upgrade()
            #expect(try await peer.finish() == 4000)
        } body: { connection in
            await connection.outbound.close(code: 4000, reason: "done")
            await connection.outbound.close(code: 4001, reason: "ignored")
            let error = await #expect(throws: PhoenixError.self) {
                try await connection.outbound.write([.text("late")])
            }
            #expect(error?.code == .disconnected)
            let close = try await drain(connection).close
            #expect(try await connection.inbound.next() == nil)
            return close
        }
        #expect(close?.code == 4000 && close?.isLocal == true && close?.isClean == true)
    }

    @Test("When the body ends while the connection is open, it is closed with 1000")
    func leaving() async throws {
        try await meet { peer in
            try await peer.upgrade()
            #expect(try await peer.finish() == 1000)
        } body: { _ in
        }
    }

    @Test("Settings beyond all measure are cut and do not trap")
    func extremeSettings() async throws {
        var configuration = WebSocketTransport.Configuration()
        configuration.keepAlive = .seconds(Int64.max)
        let longest = Duration.seconds(Int64.max)
        let (least, most) = (Int.min, Int.max)
        for size in [least, most] {
            try await meet(WebSocketTransport(configuration: configuration)) {
                $0.deadlines = ConnectionDeadlines(
                    connect: longest,
                    tls: longest,
                    upgrade: longest,
                    write: longest,
                    close: longest
                )
                $0.limits = ConnectionLimits(
                    frame: size,
                    message: size,
                    inflatedMessage: size,
                    responseHeaders: most,
                    refusalBody: size,
                    writeBuffer: size
                )
            } serve: { peer in
                try await peer.upgrade()
                try await peer.finish()
            } body: { connection in
                if size == most { try await connection.outbound.write([.text("x")]) }
            }
        }
    }
}
