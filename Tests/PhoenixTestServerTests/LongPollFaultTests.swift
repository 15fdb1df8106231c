import Foundation
import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// What goes wrong on purpose with long-poll requests, and with upgrades that a middlebox does not bear.
@Suite(.timeLimit(.minutes(1))) struct LongPollFaultTests {
    private static let target = "/socket/longpoll?vsn=2.0.0"

    private func world(_ faults: Fault...) throws -> (TestWorld, token: String) {
        let world = TestWorld()
        let token = try world.open()
        for fault in faults { world.tell { _ = $0.faults.add(fault) } }
        return (world, token)
    }

    @Test func `A request is answered by a proxy, and the server has not seen what it holds`() throws {
        let (world, token) = try world(.answer(.post, with: .errorPage(status: 502)))
        let post = world.request("POST", token: token, body: Wire.heartbeat("1"))
        #expect(world.answers[post]?.status == 502)
        #expect(world.answers[post]?.headers.contains(HeaderField("content-type", "text/html")) == true)
        #expect(world.journal.received().isEmpty)
        #expect(world.journal.entries.last?.note == "answer 502")
        #expect(world.answer(to: world.request("POST", token: token, body: Wire.heartbeat("2")))?.status == 200)
    }

    @Test func `A request is refused with Retry-After, at the opening alone`() throws {
        let response = SiteResponse(status: 503, headers: [HeaderField("retry-after", "7")])
        let (world, token) = try world(.answer(.opening, with: response, times: nil))
        let opening = world.request("GET")
        #expect(world.answers[opening] == response)
        #expect(world.answer(to: world.request("POST", token: token, body: Wire.heartbeat("1")))?.status == 200)
        #expect(world.answer(to: world.request("GET", token: token))?.status == 200)
    }

    @Test func `A POST is handled, and its answer lost`() throws {
        let (world, token) = try world(.neverAnswer(.post, afterHandling: true), .neverAnswer(.post))
        let handled = world.request("POST", token: token, body: Wire.heartbeat("1"))
        let ignored = world.request("POST", token: token, body: Wire.heartbeat("2"))
        #expect(world.journal.received().map { $0.reference?.text } == ["1"])
        world.advance(by: .seconds(60))
        #expect(world.answers[handled] == nil)
        #expect(world.answers[ignored] == nil)
    }

    @Test func `A POST that was handled is answered 408, as though the join had been slow`() throws {
        let (world, token) = try world(.answer(.post, with: .protocolStatus(408), afterHandling: true))
        let post = world.request("POST", token: token, body: Wire.heartbeat("1"))
        #expect(world.answer(to: post) == LongPollReply(.protocolStatus(408)))
        #expect(world.answer(to: world.request("GET", token: token))?.messages == [Wire.heartbeatReply("1")])
    }

    @Test func `A poll that is reset in place of its answer takes the messages with it`() throws {
        let (world, token) = try world(.reset(.poll, afterHandling: true))
        world.request("POST", token: token, body: Wire.heartbeat("1"))
        let poll = world.request("GET", token: token)
        #expect(world.sent(to: poll) == ["reset"])
        let next = world.request("GET", token: token)
        #expect(world.answers[next] == nil)
    }

    @Test func `A poll that is reset before it is looked at leaves the messages`() throws {
        let (world, token) = try world(.reset(.poll))
        world.request("POST", token: token, body: Wire.heartbeat("1"))
        #expect(world.sent(to: world.request("GET", token: token)) == ["reset"])
        #expect(world.answer(to: world.request("GET", token: token))?.messages == [Wire.heartbeatReply("1")])
    }

    @Test func `An answer comes late, or only in part`() throws {
        let (world, token) = try world(.delayAnswer(.post, by: .milliseconds(300)), .truncateAnswer(.post))
        let late = world.request("POST", token: token, body: Wire.heartbeat("1"))
        world.advance(by: .milliseconds(299))
        #expect(world.answers[late] == nil)
        world.advance(by: .milliseconds(1))
        #expect(world.answer(to: late)?.status == 200)
        #expect(world.sent(to: world.request("POST", token: token, body: Wire.heartbeat("2"))) == ["partly"])
    }

    @Test func `A session ends before the request that finds it gone`() throws {
        let (world, token) = try world(.endSession(before: .poll))
        let poll = world.request("GET", token: token)
        #expect(world.answers[poll] == nil)
        world.advance(by: .seconds(2))
        #expect(world.answer(to: poll)?.status == 410)
        #expect(world.answer(to: poll)?.token != token)
    }

    @Test func `A fault of another path, or of another condition, does nothing`() throws {
        let (world, token) = try world(
            .neverAnswer(RequestMatch.post.at("/short/longpoll"), times: nil),
            .neverAnswer(RequestMatch.any.where { $0.body.text.contains("never") }, times: nil)
        )
        #expect(world.answer(to: world.request("POST", token: token, body: Wire.heartbeat("1")))?.status == 200)
        let never = world.request("POST", token: token, body: Wire.heartbeat("never"))
        #expect(world.answers[never] == nil)
    }

    @Test(arguments: [0, 1, 1_000, 65_535, 65_536, 200_000])
    func `gzip holds what was put into it, in stored blocks, with its checksum and length`(_ count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        var rest = Gzip.stored(Bytes(content)).array[...]
        #expect(Array(rest.prefix(10)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
        rest = rest.dropFirst(10)
        func number(_ bytes: Int) -> UInt32 {
            defer { rest = rest.dropFirst(bytes) }
            return rest.prefix(bytes).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        var output: [UInt8] = []
        var isLast = false
        while !isLast {
            isLast = number(1) == 1
            let length = number(2)
            #expect(number(2) == length ^ 0xFFFF)
            output += rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        }
        #expect(output == content)
        #expect(number(4) == CRC32.checksum(of: content))
        #expect(number(4) == UInt32(count))
        #expect(rest.isEmpty)
    }

    @Test func `The checksum is the one that everybody has`() {
        #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.checksum(of: []) == 0)
    }

    @Test func `An answer is compressed, whoever opened the session`() throws {
        let (world, token) = try world(.compressAnswer(.post))
        let post = world.request("POST", token: token, body: Wire.heartbeat("1"))
        #expect(world.answers[post]?.headers.contains(HeaderField("content-encoding", "gzip")) == true)
        #expect(world.answers[post]?.body == Gzip.stored(Bytes(#"{"status":200}"#)))
    }

    // MARK: Upgrades

    @Test(arguments: [200, 400, 426, 502])
    func `Upgrades are eaten while long polling works, until the fault is lifted`(_ status: Int) throws {
        let world = TestWorld()
        let fault = world.tell { $0.faults.add(.refuseUpgrade(with: .errorPage(status: status), times: nil)) }
        for _ in 0..<3 {
            guard case .respond(let response) = world.answer("/socket/websocket?vsn=2.0.0") else {
                Issue.record("upgraded")
                return
            }
            #expect(response.status == status)
        }
        _ = try world.open()
        world.tell { $0.faults.remove(fault) }
        _ = try world.connect()
    }

    @Test func `Connections open and are cut some time after, until the fault is lifted`() throws {
        let world = TestWorld()
        let fault = world.tell { $0.faults.add(.cut(after: .milliseconds(200))) }
        let cut = try world.connect()
        world.send(Wire.heartbeat("1"), on: cut)
        #expect(world.sent(to: cut) == [Wire.heartbeatReply("1")])
        world.advance(by: .milliseconds(199))
        #expect(world.sent(to: cut).isEmpty)
        world.advance(by: .milliseconds(1))
        #expect(world.sent(to: cut) == ["cut"])
        world.tell { $0.faults.remove(fault) }
        let spared = try world.connect()
        world.advance(by: .seconds(1))
        #expect(world.sent(to: spared).isEmpty)
    }
}
