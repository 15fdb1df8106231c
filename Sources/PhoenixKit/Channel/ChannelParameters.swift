/// What a channel's `join/3` gets: a fixed payload, or one that is made anew for every join.
struct ChannelParameters: Sendable {
    enum Source: Sendable {
        case fixed(PayloadContent)
        case made(@Sendable () async throws -> PayloadContent)
    }

    let source: Source
}
