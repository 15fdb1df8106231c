extension LongPollTransport {
    /// The settings of the transport, the same for all its connections.
    public struct Configuration: Sendable, Hashable {
        /// Where the body of `withConnection` runs.
        public enum Executor: Sendable, Hashable {
            /// Where its caller runs.
            case caller
            /// Where the engine receives its answers, unless the engine has no such place or an actor with an executor of its own
            /// says otherwise.
            ///
            /// No thread changes then between the answer and the body. Code that blocks or computes for long stalls the connection
            /// and, with engines that share threads among connections, others.
            case connection
        }

        /// Where the body of `withConnection` runs.
        ///
        /// Default: where its caller runs.
        public var executor: Executor
        /// Where the session's token goes.
        ///
        /// Default: into the query and a header, which every server understands.
        public var tokenPlace: TokenPlace
        /// How long a poll and a POST may take until the server has shown its window (`window_ms`); it must be longer than that.
        ///
        /// A server answers a poll with 204 when its window has passed. From then on a request may take one and a half times the
        /// longest window seen, and 5 s more. Default: 30 s, for servers with the default of 10 s and up to almost thrice it.
        public var pollDeadline: Duration

        /// A configuration; the defaults where nothing is given.
        public init(
            tokenPlace: TokenPlace = .queryAndHeader,
            pollDeadline: Duration = .seconds(30),
            executor: Executor = .caller
        ) {
            self.executor = executor
            self.tokenPlace = tokenPlace
            self.pollDeadline = pollDeadline
        }
    }

    /// Where the token of a session goes.
    public enum TokenPlace: Sendable, Hashable {
        /// Into the query and into the header `x-phoenix-longpoll-token`.
        ///
        /// All servers understand the first; it may end up in access logs.
        case queryAndHeader
        /// Into the header alone.
        ///
        /// Phoenix 1.8.10 and later understand it; older ones answer the first poll with the end of the session.
        case header
    }
}
