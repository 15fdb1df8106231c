import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The scenarios of phoenix.js's `socket_test.js`, as they are here.
@Suite("A socket that stays connected", .timeLimit(.minutes(1)))
struct PhoenixSocketTests {
    @Test("nothing is connected before connect; disconnecting then does no harm")
    func beginning() async throws {
        let stage = try SocketStage()
        #expect(stage.socket.state.kind == .disconnected)
        #expect(stage.socket.topics.isEmpty)
        stage.socket.disconnect()
        #expect(await stage.next() == .disconnected)
    }

    @Test("B36: connect while connected is nothing, and while waiting it tries at once")
    func connectInEveryState() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        stage.socket.connect()
        try await stage.join("a", at: phoenix)
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let again = try await stage.reopened()
        #expect(again.connection.request.generation == 2)
        #expect(stage.socket.state.kind == .connected)
    }

    @Test("disconnect sends code and reason, and the socket stays disconnected until connect")
    func disconnects() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        stage.socket.disconnect(code: 4001, reason: "enough")
        let close = await phoenix.connection.clientClose()
        #expect(close?.code == 4001)
        #expect(close?.reason == "enough")
        let state = await stage.states.next()
        #expect(state?.kind == .disconnected)
        #expect(state?.reason?.close?.code == 4001)
        #expect(state?.delay == nil)
        stage.transport.refuseNext(PhoenixError(.unreachable, "nobody there"))
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let delay = try #require(await stage.states.next()?.delay)
        await stage.pass(delay)
        #expect(await stage.next() == .connecting)
        _ = try await stage.reopened()
    }

    @Test(
        "every close of the server but a fatal one leads to a new connection, 1000 included",
        arguments: [1000, 1001, 1006, 1011]
    )
    func reconnects(_ code: Int) async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        phoenix.connection.close(code: UInt16(code), reason: "why")
        let state = await stage.states.next()
        #expect(state?.kind == .waiting)
        #expect(state?.reason?.close?.code == UInt16(code))
        #expect(state?.delay == .milliseconds(250))
        await stage.pass(.milliseconds(250))
        #expect(await stage.next() == .connecting)
        _ = try await stage.reopened()
    }

    @Test("after a fatal close code, which the user may choose, the socket stays disconnected")
    func fatalCodes() async throws {
        let stage = try SocketStage { $0.fatalCloseCodes = [4010] }
        let phoenix = try await stage.open()
        phoenix.connection.close(code: 4010)
        let state = await stage.states.next()
        #expect(state?.kind == .disconnected)
        #expect(state?.reason?.close?.code == 4010)
    }

    @Test("a server that restarts (1012) is returned to within the spread")
    func restart() async throws {
        let stage = try SocketStage { $0.restartSpread = .milliseconds(100) }
        let phoenix = try await stage.open()
        phoenix.connection.close(code: 1012)
        let delay = try #require(await stage.states.next()?.delay)
        #expect(delay >= .zero && delay < .milliseconds(100))
    }

    @Test("B35: connections that open and prove nothing wait longer and longer; an answer begins anew")
    func backoff() async throws {
        let stage = try SocketStage()
        var phoenix = try await stage.open()
        for delay: Duration in [.milliseconds(250), .milliseconds(500), .seconds(1)] {
            phoenix.connection.vanish()
            #expect(await stage.states.next()?.delay == delay)
            await stage.pass(delay)
            #expect(await stage.next() == .connecting)
            phoenix = try await stage.reopened()
        }
        try await stage.join("a", at: phoenix)
        phoenix.connection.vanish()
        #expect(await stage.states.next()?.delay == .milliseconds(250))
    }

    @Test("parameters and token are asked for before every connection")
    func credentials() async throws {
        let asked = Mutex(0)
        let stage = try SocketStage { settings in
            settings.parameters = {
                let number = asked.withLock { count in
                    count += 1
                    return count
                }
                return ["try": "\(number)"]
            }
            settings.authToken = { "s3cret" }
        }
        let first = try await stage.open()
        #expect(first.connection.request.url.query?.contains("try=1") == true)
        #expect(first.connection.request.authToken != nil)
        first.connection.vanish()
        #expect(await stage.next() == .waiting)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let second = try await stage.reopened()
        #expect(second.connection.request.url.query?.contains("try=2") == true)
    }

    @Test("after so many refusals in a row the socket gives up", arguments: [401, 403])
    func refused(_ status: Int) async throws {
        let stage = try SocketStage { $0.refusalLimit = 2 }
        for _ in 1...2 { stage.transport.refuseNext(Self.refusal(status)) }
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let delay = try #require(await stage.states.next()?.delay)
        await stage.pass(delay)
        #expect(await stage.next() == .connecting)
        let state = await stage.states.next()
        #expect(state?.kind == .disconnected)
        #expect(state?.reason?.refusal?.status == status)
    }

    @Test("Retry-After of a busy server is kept", arguments: [429, 503])
    func retryAfter(_ status: Int) async throws {
        let stage = try SocketStage()
        stage.transport.refuseNext(Self.refusal(status, [HeaderField("retry-after", "7")]))
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let delay = try #require(await stage.states.next()?.delay)
        #expect(delay >= .seconds(7))
    }

    @Test("a ping returns its round trip; without a connection, or when it is lost, it throws")
    func ping() async throws {
        let stage = try SocketStage()
        await #expect(throws: PhoenixError.self) { try await stage.socket.ping() }
        let phoenix = try await stage.open()
        let socket = stage.socket
        async let answered = socket.ping()
        // The socket's own ping comes first.
        for _ in 1...2 {
            let frame = try #require(await phoenix.connection.receive())
            try phoenix.reply(to: try phoenix.serializer.decode(frame, as: .server))
        }
        #expect(try await answered == .zero)
        async let lost = socket.ping()
        _ = await phoenix.connection.receive()
        phoenix.connection.vanish()
        do {
            _ = try await lost
            Issue.record("an answer without a connection")
        } catch {
            #expect((error as? PhoenixError)?.code == .disconnected)
        }
    }

    @Test("a suspended socket has no connection until resume")
    func suspends() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        stage.socket.suspend()
        #expect(await phoenix.connection.clientClose()?.code == 1000)
        #expect(await stage.next() == .suspended)
        stage.socket.resume()
        #expect(await stage.next() == .connecting)
        _ = try await stage.reopened()
    }

    @Test("a resume connects nothing that was never connected or has been disconnected, and two disconnects are one")
    func resumesNothing() async throws {
        let stage = try SocketStage()
        stage.socket.suspend()
        stage.socket.resume()
        #expect(await stage.next() == .disconnected)
        let first = try await stage.open()
        #expect(first.connection.request.generation == 1)
        stage.socket.disconnect()
        stage.socket.disconnect(code: 4001)
        #expect(await first.connection.clientClose()?.code == 1000)
        #expect(await stage.next() == .disconnected)
        stage.socket.suspend()
        stage.socket.resume()
        #expect(await stage.next() == .disconnected)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let second = try await stage.reopened()
        #expect(second.connection.request.generation == 2)
    }

    @Test("a way to the network ends the wait")
    func networkHint() async throws {
        let feed = NetworkPathFeed()
        let stage = try SocketStage { $0.networkPaths = feed }
        let phoenix = try await stage.open()
        phoenix.connection.vanish()
        #expect(await stage.next() == .waiting)
        feed.report(.available)
        #expect(await stage.next() == .connecting)
        _ = try await stage.reopened()
    }

    @Test("B27: dropping the last reference closes the connection and ends its sequences")
    func dropped() async throws {
        let server: LoopbackServer
        let states: EventSequence<SocketState>
        do {
            let stage = try SocketStage()
            let phoenix = try await stage.open()
            server = phoenix.connection
            states = stage.socket.states
            try await stage.join("a", at: phoenix)
        }
        await server.waitForEnd()
        var last: SocketState?
        for await state in states { last = state }
        #expect(last?.kind == .stopped)
    }

    private static func refusal(_ status: Int, _ headers: [HeaderField] = []) -> PhoenixError {
        PhoenixError(.upgradeRefused, "no", cause: UpgradeRefusal(status: status, headers: headers, body: Bytes()))
    }
}
