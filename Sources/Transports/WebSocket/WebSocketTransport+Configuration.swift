public import NIOCore
public import NIOPosix

extension WebSocketTransport {
    /// The settings of the transport, the same for all its connections.
    public struct Configuration: Sendable {
        /// Where the body of `withConnection` runs.
        public enum Executor: Sendable, Hashable {
            /// Where its caller runs.
            case caller
            /// On the event loop of the connection, unless an actor with an executor of its own says otherwise.
            ///
            /// No thread changes then between the socket and the body, which halves the time of a round trip. Code that
            /// blocks or computes for long stalls the connection, and others that share its event loop.
            case connection
        }

        /// Where the body of `withConnection` runs.
        ///
        /// Default: where its caller runs.
        public var executor: Executor
        /// How `wss` connections check the server.
        public var tls: TLSOptions
        /// Subprotocols to offer besides `phoenix`, which goes with an auth token.
        ///
        /// Default: none.
        public var subprotocols: [String]
        /// How often a ping is sent; when nothing at all comes for two intervals the connection fails with `.timeout`.
        ///
        /// Default: nil, no pings. Phoenix heartbeats prove more, since the server's socket answers them.
        public var keepAlive: Duration?
        /// Whose event loops the connections run on, one loop a connection.
        ///
        /// Default: those that all of NIO shares.
        public var eventLoopGroup: any EventLoopGroup
        /// Called when the TLS handshake of a connection is done, before the upgrade is sent; must not block.
        ///
        /// Default: nothing happens. For tools that measure.
        public var onSecured: @Sendable () -> Void = {}
        /// Where masking keys and handshake keys come from.
        ///
        /// Default: the system's generator. For tests.
        public var random: @Sendable () -> UInt64

        /// A configuration; the defaults where nothing is given.
        public init(
            executor: Executor = .caller,
            tls: TLSOptions = TLSOptions(),
            subprotocols: [String] = [],
            keepAlive: Duration? = nil,
            eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
            random: @escaping @Sendable () -> UInt64 = {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            }
        ) {
            self.executor = executor
            self.tls = tls
            self.subprotocols = subprotocols
            self.keepAlive = keepAlive
            self.eventLoopGroup = eventLoopGroup
            self.random = random
        }
    }
}
