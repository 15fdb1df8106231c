import PhoenixJSON

@testable import PhoenixKit

/// The server's side of one connection: it does what Phoenix does, but answers when and how it is told to.
struct ModelServer {
    enum Mood: CaseIterable {
        case well
        case late
        case error
        case permanently
        case silent
        case silentAndDeaf
    }

    /// Messages of the client that have not been worked on.
    var inbox: [Message] = []
    /// Messages on their way to the client, in order.
    var outbox: [Message] = []
    /// Answers that come some time.
    var later: [Message] = []
    /// The present join of each topic.
    private(set) var joined: [String: Reference] = [:]
    private var history: [Message] = []
    private var broadcasts: Int64 = 0

    /// Works on the oldest message.
    mutating func work(_ mood: Mood) {
        guard !inbox.isEmpty else { return }
        let message = inbox.removeFirst()
        switch message.event {
        case "heartbeat": if mood != .silent { answer(message, "ok", mood) }
        case "phx_join": join(message, mood)
        case "phx_leave": leave(message, mood)
        default:
            guard message.joinReference != nil, joined[message.topic] == message.joinReference else {
                return answer(message, "error", .well, reason: "unmatched topic", joinReference: nil)
            }
            if mood == .error || mood == .permanently { return answer(message, "error", .well) }
            answer(message, "ok", mood)
        }
    }

    private mutating func join(_ message: Message, _ mood: Mood) {
        let topic = message.topic
        if let former = joined.removeValue(forKey: topic) { tell("phx_close", topic, former) }
        switch mood {
        case .well, .late, .silent:
            joined[topic] = message.joinReference
            answer(message, "ok", mood)
        case .error: answer(message, "error", .well, reason: "busy")
        case .permanently: answer(message, "error", .well, reason: "unmatched topic", joinReference: nil)
        case .silentAndDeaf: break
        }
    }

    private mutating func leave(_ message: Message, _ mood: Mood) {
        let isJoined = joined[message.topic] != nil && joined[message.topic] == message.joinReference
        if isJoined { joined[message.topic] = nil }
        answer(message, "ok", mood)
        if isJoined, mood != .silentAndDeaf { tell("phx_close", message.topic, message.joinReference) }
    }

    private mutating func answer(
        _ message: Message,
        _ status: String,
        _ mood: Mood,
        reason: String? = nil,
        joinReference: Reference?? = .none
    ) {
        var response: [String: Value] = [:]
        if let number = message.payload["n"]?.integer { response["n"] = Value(number) }
        if let reason { response["reason"] = .string(reason) }
        guard let payload = try? PayloadContent.value(.object(response)).encode(in: JSONFormat()) else { return }
        let reply = Message(
            joinReference: joinReference ?? message.joinReference,
            reference: message.reference,
            topic: message.topic,
            event: "phx_reply",
            status: status,
            payload: payload
        )
        history.append(reply)
        switch mood {
        case .silent, .silentAndDeaf: break
        case .late: later.append(reply)
        case .well, .error, .permanently: outbox.append(reply)
        }
    }

    private mutating func tell(_ event: String, _ topic: String, _ joinReference: Reference?) {
        guard let payload = try? PayloadContent.value([:]).encode(in: JSONFormat()) else { return }
        let message = Message(joinReference: joinReference, topic: topic, event: event, payload: payload)
        history.append(message)
        outbox.append(message)
    }

    /// A message of the present join, or a broadcast, which names none; it says in its payload whose it is.
    mutating func broadcast(_ topic: String, generation: UInt64, isNamed: Bool) {
        guard let join = joined[topic], let number = join.number else { return }
        broadcasts += 1
        let said: Value = ["g": Value(generation), "j": Value(number), "s": .signed(broadcasts)]
        guard let payload = try? PayloadContent.value(said).encode(in: JSONFormat()) else { return }
        let message = Message(joinReference: isNamed ? join : nil, topic: topic, event: "news", payload: payload)
        if isNamed { history.append(message) }
        outbox.append(message)
    }

    mutating func close(_ topic: String, _ event: String) {
        guard let join = joined.removeValue(forKey: topic) else { return }
        tell(event, topic, join)
    }

    /// Says something again that it said before, or kept to itself.
    mutating func repeatItself(_ chance: inout SplitMix64) {
        guard let message = history.randomElement(using: &chance) else { return }
        // The present join's own messages come once.
        if message.event == "news", joined[message.topic] == message.joinReference { return }
        outbox.append(message)
    }

    mutating func release(_ chance: inout SplitMix64) {
        guard let index = later.indices.randomElement(using: &chance) else { return }
        outbox.append(later.remove(at: index))
    }
}
