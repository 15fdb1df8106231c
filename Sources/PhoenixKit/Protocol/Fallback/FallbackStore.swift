/// Keeps what a fallback found out for the next one: which transport worked where, when the better ones did not.
///
/// Called on the driver of a client, seldom: at the start, and when something was found out. It should answer at once. What it throws
/// is mentioned in the log and otherwise ignored: a store that fails never keeps anybody from connecting.
public protocol FallbackStore: Sendable {
    /// What is known about `place`, such as `wss://example.org/socket`; nil when nothing is.
    func recall(_ place: String) throws -> FallbackMemory?

    /// Remembers that at `place` the transport `choice` worked, when the better ones did not.
    func remember(_ choice: String, at place: String) throws

    /// Forgets what is known about `place`: the best transport works there.
    func forget(_ place: String) throws
}

/// What a store remembers about a place.
public struct FallbackMemory: Sendable, Hashable {
    /// The transport that worked, such as `longpoll`.
    public var choice: String
    /// How long ago that was.
    public var age: Duration

    /// What is remembered since `age`.
    public init(choice: String, age: Duration) {
        self.choice = choice
        self.age = age
    }
}
