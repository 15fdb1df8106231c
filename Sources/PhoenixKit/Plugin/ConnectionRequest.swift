public import Logging

/// All that a transport needs to open one connection.
public struct ConnectionRequest: Sendable {
    /// The complete URL: scheme of the transport, path with its suffix, query with parameters and `vsn`.
    public var url: Endpoint
    /// Headers to send with the handshake or with every request, after those the protocol needs.
    public var headers: [HeaderField]
    /// The auth token of Phoenix 1.8 (`auth_token: true` on the server's socket), sent as the transport does it.
    public var authToken: Secret?
    /// What the serializer writes and reads.
    public var serializer: SerializerCapabilities
    /// The extensions to offer; empty for transports that have none.
    public var wireExtensions: [any WireExtension]
    /// Which proxy to go through.
    ///
    /// `proxy.proxy(for: url)` says which it is at the time of the connection. Transports that cannot go through it throw
    /// `.invalidOption` rather than go past it.
    public var proxy: ProxySettings
    /// How long each stage may take.
    public var deadlines: ConnectionDeadlines
    /// How large what comes and goes may be.
    public var limits: ConnectionLimits
    /// The clock that deadlines and arrival times are measured on.
    public var clock: any PhoenixClock
    /// Which connection of its client this is, from 1; 0 for a probe.
    public var generation: UInt64
    /// Where the transport reports what it does.
    public var logger: Logger

    /// A request for a connection to `url`.
    public init(
        url: Endpoint,
        headers: [HeaderField] = [],
        authToken: Secret? = nil,
        serializer: SerializerCapabilities,
        wireExtensions: [any WireExtension] = [],
        proxy: ProxySettings = .environment,
        deadlines: ConnectionDeadlines = ConnectionDeadlines(),
        limits: ConnectionLimits = ConnectionLimits(),
        clock: any PhoenixClock = SystemClock(),
        generation: UInt64 = 1,
        logger: Logger = Logger(label: "phoenix", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.url = url
        self.headers = headers
        self.authToken = authToken
        self.serializer = serializer
        self.wireExtensions = wireExtensions
        self.proxy = proxy
        self.deadlines = deadlines
        self.limits = limits
        self.clock = clock
        self.generation = generation
        self.logger = logger
    }
}

/// How long each stage of a connection may take.
public struct ConnectionDeadlines: Sendable, Hashable {
    /// Finding the address and connecting, all addresses together.
    ///
    /// Default: 10 s.
    public var connect: Duration
    /// The TLS handshake.
    ///
    /// Default: 10 s.
    public var tls: Duration
    /// The upgrade, from the request's first byte to the answer's last header.
    ///
    /// Default: 10 s.
    public var upgrade: Duration
    /// How long a write may wait for the peer to read.
    ///
    /// Default: 30 s.
    public var write: Duration
    /// How long the peer may take to answer a close.
    ///
    /// Default: 5 s.
    public var close: Duration

    /// Deadlines; the defaults where none is given.
    public init(
        connect: Duration = .seconds(10),
        tls: Duration = .seconds(10),
        upgrade: Duration = .seconds(10),
        write: Duration = .seconds(30),
        close: Duration = .seconds(5)
    ) {
        self.connect = connect
        self.tls = tls
        self.upgrade = upgrade
        self.write = write
        self.close = close
    }
}

/// How much one connection may hold.
///
/// Reaching a limit on what the peer sends ends the connection with `.limitExceeded`; sizes are bytes.
public struct ConnectionLimits: Sendable, Hashable {
    /// The largest frame accepted.
    ///
    /// Default: 10 MB, as Phoenix servers accept.
    public var frame: Int
    /// The largest message accepted, all fragments together.
    ///
    /// Default: 10 MB.
    public var message: Int
    /// The largest message after inflating.
    ///
    /// Default: 64 MB.
    public var inflatedMessage: Int
    /// The headers of the answer to the handshake, together.
    ///
    /// Default: 32 kB.
    public var responseHeaders: Int
    /// How much of the body of a refused handshake is kept for the error.
    ///
    /// Default: 4 kB.
    public var refusalBody: Int
    /// How much may wait to be written before `Outbound.write` waits.
    ///
    /// Default: 256 kB.
    public var writeBuffer: Int

    /// Limits; the defaults where none is given.
    public init(
        frame: Int = 10_000_000,
        message: Int = 10_000_000,
        inflatedMessage: Int = 64_000_000,
        responseHeaders: Int = 32_768,
        refusalBody: Int = 4_096,
        writeBuffer: Int = 262_144
    ) {
        self.frame = frame
        self.message = message
        self.inflatedMessage = inflatedMessage
        self.responseHeaders = responseHeaders
        self.refusalBody = refusalBody
        self.writeBuffer = writeBuffer
    }
}

/// A text that must never be shown: tokens, passwords.
public struct Secret: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The text itself.
    ///
    /// Not for logs, errors or metrics.
    public let revealed: String

    /// Hides `text`.
    public init(_ text: String) {
        revealed = text
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a server answered in place of accepting the handshake: the cause of an `.upgradeRefused`.
public struct UpgradeRefusal: Error, Sendable, Hashable {
    /// The HTTP status.
    public var status: Int
    /// The response headers in order, names in lower case.
    public var headers: [HeaderField]
    /// The beginning of the body, at most `ConnectionLimits.refusalBody` bytes.
    public var body: Bytes

    /// An answer of these parts.
    public init(status: Int, headers: [HeaderField], body: Bytes) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header called `name`, in whatever case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
