extension PhoenixSocket {
    /// The settings of a socket.
    public struct Settings: Sendable {
        /// The settings of the client below: timeouts, heartbeats, headers, proxy, limits, clock, logger.
        public var client = SocketConfiguration()
        /// What the server's `connect/3` gets, asked for before every connection.
        ///
        /// Added to the parameters of the URL. An error counts as a connection that could not be opened.
        public var parameters: (@Sendable () async throws -> Parameters)?
        /// The auth token of Phoenix 1.8, asked for before every connection; nil for none.
        public var authToken: (@Sendable () async throws -> Secret?)?
        /// How long parameters and token may take together.
        ///
        /// Default: 30 s.
        public var credentialsTimeout: Duration = .seconds(30)
        /// How many connections in a row the server may refuse with 401 or 403 before the socket gives up.
        ///
        /// A new token is asked for before each. Default: 3; below 1 it counts as 1.
        public var refusalLimit = 3
        /// When to connect again, and over what: the waits between tries, and when to fall back to another transport.
        public var fallback: Fallback.Settings
        /// Where it is remembered which transport worked.
        public var fallbackStore: any FallbackStore = InMemoryFallbackStore.shared
        /// The waits before a channel is joined again after it crashed or its join failed.
        ///
        /// Default: between half and all of 1, 2, 4, … 10 s. Begins anew when the channel is joined.
        public var rejoin = Backoff(first: .seconds(1), longest: .seconds(10))
        /// The reasons of the server for which a join is not tried again.
        ///
        /// Default: `unmatched topic` and `too many channels joined` (Phoenix.Socket).
        public var permanentJoinErrors: Set<String> = ["unmatched topic", "too many channels joined"]
        /// The close codes of the server after which the socket stays disconnected.
        ///
        /// Default: 1003 and 1010 (RFC 6455 section 7.4.1), which another try would only meet again. All others, 1000 included,
        /// lead to a new connection.
        public var fatalCloseCodes: Set<UInt16> = [1003, 1010]
        /// Over how long the clients of a server that restarts (1012) spread their return.
        ///
        /// Default: 2 s.
        public var restartSpread: Duration = .seconds(2)
        /// How many pushes may wait for their channel, over all channels; further ones are refused with `.bufferFull`.
        ///
        /// Default: 1,000. Each waits until its timeout at most.
        public var pushBufferCount = 1_000
        /// How many bytes they may have.
        ///
        /// Default: 8 MB.
        public var pushBufferBytes = 8_000_000
        /// Where hints about the network come from.
        public var networkPaths: (any NetworkPathSource)?
        /// What chance begins with; the same seed, the same waits.
        public var seed: UInt64 = .random(in: 0...(.max))

        /// The defaults.
        public init() {
            fallback = Fallback.Settings()
            fallback.backoff = Backoff(first: .milliseconds(250), longest: .seconds(30))
        }
    }
}
