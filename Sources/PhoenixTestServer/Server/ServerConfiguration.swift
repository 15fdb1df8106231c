public import Logging
internal import PhoenixJSON
public import PhoenixKit

extension PhoenixTestServer {
    /// How a server is set up.
    public struct Configuration: Sendable {
        /// The address to listen on.
        ///
        /// Default: `127.0.0.1`; `::1` for IPv6.
        public var host = "127.0.0.1"
        /// The port to listen on; 0, the default, takes a free one.
        public var port = 0
        /// A certificate and key for TLS; nil, the default, serves in the clear.
        public var tls: ServerTLS?
        /// Which web server it behaves like.
        ///
        /// Default: `.bandit`.
        public var adapter = ServerAdapter.bandit
        /// What the server bears.
        public var limits = ServerLimits()
        /// When channels get to work.
        ///
        /// Default: `.prompt`.
        public var scheduling = ChannelScheduling.prompt
        /// What the journal keeps.
        public var journal = Journal.Limits()
        /// The serializers; the first whose version fits the client's `vsn` is used.
        ///
        /// Default: JSON V1 and V2.
        public var serializers: [any Serializer] = [JSONSerializer.v1, JSONSerializer.v2]
        /// What the tokens of long-poll sessions are signed with.
        ///
        /// Servers with the same secret take each other's tokens for genuine, though not each other's sessions, as the
        /// nodes of a Phoenix application without a cluster do. Default: nil, a random one.
        public var secret: Secret?
        /// What idle timeouts and delays are measured on.
        public var clock: any PhoenixClock = SystemClock()
        /// Where the server logs to.
        ///
        /// Default: nowhere.
        public var logger = Logger(label: "phoenix-test-server", factory: { _ in SwiftLogNoOpLogHandler() })

        /// A configuration; 127.0.0.1 and a free port where nothing is given.
        public init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }
    }
}
