internal import Phoenix

/// What is said on an open connection to see whether it is of use: a heartbeat, and a join where one is wanted.
struct Exchange: Sendable {
    /// The topic to join; nil for none.
    var topic: String?
    var joinPayload: Payload
    /// How long each answer may take.
    var timeout: Duration
    var clock: any PhoenixClock

    /// Says it, and tells `watch` what came of it.
    func run(on connection: Connection, _ serializer: any Serializer, _ watch: StepWatch) async {
        let listener = Listener(inbound: connection.inbound, serializer: serializer)
        do {
            let heartbeat = Message(
                joinReference: nil,
                reference: Reference(1),
                topicBytes: Message.Name.phoenix,
                eventBytes: Message.Name.heartbeat,
                payload: Payload(Bytes("{}"), format: serializer.payloadFormat)
            )
            let frame = try serializer.encode(heartbeat, as: .client)
            _ = try await within(timeout, of: clock, "an answer to the heartbeat") {
                try await connection.outbound.write([frame])
                return try await listener.reply(to: Reference(1), on: nil)
            }
            watch.passed("answered")
            if let topic { try await join(topic, connection.outbound, serializer, listener, watch) }
        } catch {
            watch.failed(Symptom(error))
        }
    }

    private func join(
        _ topic: String,
        _ outbound: any Outbound,
        _ serializer: any Serializer,
        _ listener: Listener,
        _ watch: StepWatch
    ) async throws {
        let join = Message(
            joinReference: Reference(2),
            reference: Reference(2),
            topicBytes: Bytes(topic),
            eventBytes: Message.Name.join,
            payload: joinPayload
        )
        let frame = try serializer.encode(join, as: .client)
        let reply = try await within(timeout, of: clock, "an answer to the join") {
            try await outbound.write([frame])
            return try await listener.reply(to: Reference(2), on: topic)
        }
        guard reply.status == "ok" else {
            // The reason alone: what else is in the answer may be private.
            let reason = reply.payload["reason"]?.string.map { ", \"\($0.printable.shortened(to: 200))\"" } ?? ""
            watch.failed(
                Symptom(
                    .denied,
                    "Expected the join to be accepted, got \(reply.status?.printable ?? reply.event.printable)\(reason)."
                )
            )
            return
        }
        watch.passed("joined \(topic.printable.shortened(to: 40))")
    }
}

/// Waits for replies, and passes over everything else.
private struct Listener: Sendable {
    let inbound: any Inbound
    let serializer: any Serializer

    /// The reply to `reference`, or the message that says the channel of `topic` crashed or closed instead.
    func reply(to reference: Reference, on topic: String?) async throws -> Message {
        while let event = try await inbound.next() {
            switch event {
            case .frames(let batch):
                for frame in batch.frames {
                    guard let message = try? serializer.decode(frame, as: .client) else { continue }
                    if message.eventBytes == Message.Name.reply, message.reference == reference { return message }
                    let ends = [Message.Name.error, Message.Name.close].contains(message.eventBytes)
                    if ends, let topic, message.topic == topic { return message }
                }
            case .closed(let close):
                let code = close.code.map { "with code \($0)" } ?? "without a close code"
                throw PhoenixError(.disconnected, "Expected an answer, but the connection was closed \(code).")
            }
        }
        try Task.checkCancellation()
        throw PhoenixError(.disconnected, "Expected an answer, but the connection was gone without a word.")
    }
}
