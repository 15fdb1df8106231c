public import PhoenixKit

/// Answers one message later, from any thread.
///
/// The answer goes out as long as the socket lives, even when the channel has ended, as `Phoenix.Channel.reply/2` does.
public struct ReplyToken: Sendable {
    let gate: WorldGate
    let connection: UInt64
    let format: any PayloadFormat
    let reply: World.Reply

    /// Sends the reply.
    ///
    /// Each call sends one more.
    ///
    /// - Throws: `PhoenixError` with `.encoding` when the payload cannot be encoded. What the serializer as a whole cannot
    ///   say (binary data under V1) crashes nothing here: it is not sent.
    public func reply(_ status: String = "ok", _ response: PayloadContent = [:]) throws(PhoenixError) {
        let payload = try response.encode(in: format)
        var reply = reply
        reply.status = status
        let connection = connection
        gate.submit { [reply] world in
            guard let socket = world.sockets[connection] else { return }
            try? world.mail(reply, .payload(payload), to: socket)
        }
    }
}
