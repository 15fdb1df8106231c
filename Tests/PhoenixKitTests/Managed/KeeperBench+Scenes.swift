import PhoenixJSON
import Testing

@testable import PhoenixKit

/// What many stories begin with.
extension KeeperBench {
    func connect() {
        hub.post(.connect)
        takeCommands()
        open()
    }

    func disconnect(flushing: Duration = .zero) {
        hub.post(.disconnect(code: 1000, reason: "", flushing: flushing))
    }

    func loseConnection() {
        end(DisconnectReason(.closed, close: ConnectionClose(code: nil, isClean: false)))
    }

    /// The server replies to `message`, with its payload.
    func reply(to message: Message, status: String = "ok", isFromItsJoin: Bool = true) throws {
        try receive(
            Message(
                joinReference: isFromItsJoin ? message.joinReference : nil,
                reference: message.reference,
                topic: message.topic,
                event: "phx_reply",
                status: status,
                payload: message.payload
            )
        )
    }

    /// The server refuses `message`, as it refuses a topic that it does not know.
    func refuse(_ message: Message, reason: String) throws {
        let response = PayloadContent.value(.object(["reason": .string(reason)]))
        try receive(
            Message(
                joinReference: nil,
                reference: message.reference,
                topic: message.topic,
                event: "phx_reply",
                status: "error",
                payload: try response.encode(in: JSONFormat())
            )
        )
    }

    /// Joins `channel`, and returns the server's view of the join.
    @discardableResult
    func join(_ channel: PhoenixChannel) throws -> Message {
        try channel.join()
        takeCommands()
        let join = try #require(takeSent().last)
        try reply(to: join)
        #expect(channel.state == .joined)
        return join
    }

    /// Pushes `event` on `channel`, and returns the push and the server's view of it.
    func push(_ event: String, on channel: PhoenixChannel) throws -> (push: Push, message: Message) {
        let push = try channel.push(event)
        takeCommands()
        return (push, try #require(takeSent().last { $0.event == event }))
    }
}
