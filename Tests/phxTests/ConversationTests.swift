import PhoenixTestServer
import Testing

@testable import phx

@Suite("The demo's conversation", .timeLimit(.minutes(1)))
struct ConversationTests {
    /// Plays the conversation with a server that goes wrong, and returns what the demo says about it.
    private func failure(with fault: Fault) async throws -> (title: String, expected: String, came: String)? {
        let stage = Stage(console: Console(plain: true))
        return try await PhoenixTestServer.withServer(site: .conversation) { server in
            await server.inject(fault)
            let url = server.url("/socket/websocket")
            var conversation = try Conversation(at: url, version: "2.0.0", hasBinary: true, on: stage)
            do {
                try await conversation.play()
                return nil
            } catch let failure as DemoFailure {
                return (stage.title, failure.expected, failure.came)
            }
        }
    }

    @Test("says which step failed, what was expected and what came")
    func refused() async throws {
        let failure = try #require(try await failure(with: .refuseUpgrade(status: 503)))
        #expect(failure.title == "connect")
        #expect(failure.expected == "a connection")
        #expect(failure.came.contains("503"))
    }

    @Test("notices a connection that is lost in the middle")
    func cut() async throws {
        let failure = try #require(try await failure(with: .cut(beforeSending: .reply(status: "error"))))
        #expect(failure.title == "denied join")
        #expect(failure.came.contains("disconnected"))
    }

    @Test("notices a message too many")
    func duplicate() async throws {
        let failure = try #require(
            try await failure(with: .duplicate(MessageMatch(topic: "room:lobby", event: "new_msg")))
        )
        #expect(failure.came.contains("new_msg"))
    }
}
