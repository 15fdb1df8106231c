private import PhoenixJSON
internal import PhoenixKit

/// What the socket's process does with a message (Phoenix.Socket, `handle_in`).
extension World {
    func dispatch(_ frame: Frame, on socket: SocketState) {
        let message: Message
        do {
            message = try decode(frame, with: socket.serializer)
        } catch {
            note(.undecodable, on: socket, frame: frame)
            return close(socket, code: 1011)
        }
        note(.received, on: socket, message: message)
        // A serializer reads a null name as an empty one.
        if message.topicBytes.isEmpty || message.eventBytes.isEmpty, answerNullNames(frame, on: socket) { return }
        guard !faults.isEmpty else { return dispatch(message, on: socket) }

        let plan = faults.receiving(message, connection: socket.number)
        if let description = plan.description {
            note(.fault, on: socket, message: message, note: description)
        }
        if let cut = plan.cutBefore { return end(socket, code: cut.code) }
        if case .drop = plan.delivery {} else { dispatch(message, on: socket) }
        // By mail, so that what the message is answered with goes out first.
        if plan.raw == nil, plan.cutAfter == nil { return }
        let afterwards: SocketState.Mail = plan.raw.map { .raw($0) } ?? .end(code: plan.cutAfter?.code)
        mail(afterwards, to: socket)
    }

    private func dispatch(_ message: Message, on socket: SocketState) {
        if message.topicBytes == Message.Name.phoenix, message.eventBytes == Message.Name.heartbeat {
            return reply(to: message, joinReference: nil, on: socket)
        }
        if message.eventBytes == Message.Name.join { return join(message, on: socket) }
        guard let channel = socket.channels[message.topicBytes] else {
            if message.eventBytes == Message.Name.leave {
                return reply(to: message, joinReference: message.joinReference, on: socket)
            }
            return answerUnmatched(message, on: socket)
        }
        if let reference = message.joinReference, reference != channel.joinReference {
            // Stale, so dropped without a word; but a leave is let through where the join had no reference.
            guard message.eventBytes == Message.Name.leave, channel.joinReference == nil else { return }
        }
        hand(.message(message), to: channel)
    }

    /// What a serializer reads, with two habits of Phoenix's own serializers: V1 takes its JSON from binary frames too,
    /// and an absent reference of a V2 binary frame is the empty string, not null.
    private func decode(_ frame: Frame, with serializer: any Serializer) throws -> Message {
        if frame.kind == .binary, !serializer.capabilities.accepts.contains(.binary) {
            return try serializer.decode(.text(frame.bytes), as: .server)
        }
        var message = try serializer.decode(frame, as: .server)
        if frame.kind == .binary, message.payload.isBinary {
            message.joinReference = message.joinReference ?? Reference(text: "")
            message.reference = message.reference ?? Reference(text: "")
        }
        return message
    }

    func reply(
        to message: Message,
        joinReference: Reference?,
        status: String = "ok",
        _ response: PayloadContent = [:],
        on socket: SocketState
    ) {
        do {
            let payload = try response.encode(in: socket.serializer.payloadFormat)
            answer(
                Message(
                    joinReference: joinReference,
                    reference: message.reference,
                    topicBytes: message.topicBytes,
                    eventBytes: Message.Name.reply,
                    status: status,
                    payload: payload
                ),
                on: socket
            )
        } catch {
            close(socket, code: 1011)
        }
    }

    func answerUnmatched(_ message: Message, on socket: SocketState) {
        reply(to: message, joinReference: nil, status: "error", ["reason": "unmatched topic"], on: socket)
    }

    /// Answers a V2 text message whose topic or event is null, which no `Message` can hold: Phoenix finds no channel
    /// for it.
    ///
    /// One for a channel that is joined crashes it, because no handler takes a null event.
    private func answerNullNames(_ frame: Frame, on socket: SocketState) -> Bool {
        let format = socket.serializer.payloadFormat
        guard frame.kind == .text, socket.serializer.version == JSONSerializer.v2.version,
            let elements = try? format.value(of: frame.bytes).array, elements.count >= 5,
            elements[2] == .null || elements[3] == .null,
            elements[2] == .null || elements[2].string != nil, elements[3] == .null || elements[3].string != nil
        else { return false }
        if let topic = elements[2].string, let channel = socket.channels[Bytes(topic)] {
            crash(channel)
            return true
        }
        let answer: Value = [
            nil, elements[1], elements[2], "phx_reply",
            ["status": "error", "response": ["reason": "unmatched topic"]],
        ]
        guard let bytes = try? format.encode(value: answer) else { return false }
        transmit(.text(bytes), nil, on: socket)
        return true
    }
}
