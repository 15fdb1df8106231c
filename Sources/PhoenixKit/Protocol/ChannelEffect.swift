/// What the channel table wants done, in order.
enum ChannelEffect: Equatable {
    case joined(topic: Bytes, reference: UInt64, response: Payload)
    case joinFailed(topic: Bytes, reference: UInt64, PushOutcome)
    case closed(topic: Bytes, joinReference: UInt64, ChannelClosure.Kind, Payload)
    case ended(topic: Bytes, reference: UInt64, PushOutcome)
    /// Leave a channel that the server may have joined after we gave up waiting (phoenix.js does the same).
    case leave(topic: Bytes, reference: UInt64, joinReference: UInt64)
}

/// Where a message goes.
enum Route: Equatable {
    /// To the handler: a message of a joined channel.
    case deliver
    /// The message was for the table, whose effects say what follows.
    case handled
    /// To the liveness of the connection.
    case heartbeat(UInt64)
    /// Nowhere.
    case drop(DropReason)
}
