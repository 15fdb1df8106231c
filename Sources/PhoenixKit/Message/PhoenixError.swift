/// What went wrong: a code to act on, a message that says what was expected, what came and what to do, and the cause.
///
/// Messages never hold tokens, cookies or the values of query parameters.
public struct PhoenixError: Error, Sendable {
    /// The kind of error.
    ///
    /// More may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Raw: String, Sendable {
            case disconnected, notJoined, alreadyJoined, encoding, decoding
            case invalidURL, unknownTransport, unknownSerializer, unknownExtension, versionConflict, invalidOption
            case incompatible, endpointMismatch
            case unreachable, timeout, tls, proxyRefused, proxyInvalid, upgradeRefused, upgradeInvalid,
                transportProtocol
            case limitExceeded, transportDown
            case stopped, alreadyRunning, bufferFull
            case rejected, channelClosed, left, credentials
        }

        private let raw: Raw

        public var description: String { raw.rawValue }

        /// There is no connection to the server at present.
        public static let disconnected = Code(raw: .disconnected)
        /// The topic has not been joined, or has been left.
        public static let notJoined = Code(raw: .notJoined)
        /// The topic has been joined, or its join is on its way.
        public static let alreadyJoined = Code(raw: .alreadyJoined)
        /// A payload or message has no representation in the format; nothing was sent.
        public static let encoding = Code(raw: .encoding)
        /// Bytes do not read as what they should be.
        public static let decoding = Code(raw: .decoding)
        /// A URL is malformed.
        public static let invalidURL = Code(raw: .invalidURL)
        /// No registered transport fits.
        public static let unknownTransport = Code(raw: .unknownTransport)
        /// No registered serializer fits.
        public static let unknownSerializer = Code(raw: .unknownSerializer)
        /// No registered wire extension fits.
        public static let unknownExtension = Code(raw: .unknownExtension)
        /// The URL and the options ask for different versions of the protocol.
        public static let versionConflict = Code(raw: .versionConflict)
        /// An option is unknown, or its value is.
        public static let invalidOption = Code(raw: .invalidOption)
        /// The transport and the serializer cannot work together.
        public static let incompatible = Code(raw: .incompatible)
        /// A client of one transport was sent to an endpoint of another.
        public static let endpointMismatch = Code(raw: .endpointMismatch)
        /// The server's address could not be found, or nothing answered there.
        public static let unreachable = Code(raw: .unreachable)
        /// A deadline passed.
        public static let timeout = Code(raw: .timeout)
        /// TLS failed: an untrusted certificate, a wrong host name, a broken handshake.
        public static let tls = Code(raw: .tls)
        /// A proxy did not open the way to the server.
        ///
        /// The cause is a `ProxyRefusal`, where its status is known.
        public static let proxyRefused = Code(raw: .proxyRefused)
        /// A proxy answered with something that is no HTTP, or not at all.
        public static let proxyInvalid = Code(raw: .proxyInvalid)
        /// The server answered the upgrade with something else than 101.
        ///
        /// The cause is an `UpgradeRefusal`.
        public static let upgradeRefused = Code(raw: .upgradeRefused)
        /// The server answered 101, but not as RFC 6455 section 4.2.2 asks.
        public static let upgradeInvalid = Code(raw: .upgradeInvalid)
        /// The peer broke the rules of the transport (RFC 6455, for one).
        public static let transportProtocol = Code(raw: .transportProtocol)
        /// A limit on size or number was reached.
        public static let limitExceeded = Code(raw: .limitExceeded)
        /// The transport ended without saying why.
        public static let transportDown = Code(raw: .transportDown)
        /// The client has stopped.
        public static let stopped = Code(raw: .stopped)
        /// The client runs already.
        public static let alreadyRunning = Code(raw: .alreadyRunning)
        /// A bounded buffer is full; nothing was added.
        public static let bufferFull = Code(raw: .bufferFull)
        /// The server replied with another status than `ok`.
        ///
        /// The cause is a `Rejection`.
        public static let rejected = Code(raw: .rejected)
        /// The channel closed or crashed before the server replied.
        public static let channelClosed = Code(raw: .channelClosed)
        /// The channel was left before the server replied.
        public static let left = Code(raw: .left)
        /// Parameters or the auth token for a connection could not be had.
        public static let credentials = Code(raw: .credentials)
    }

    /// The kind of error, to act on.
    public var code: Code
    /// What was expected, what came, and what to do.
    public var message: String
    /// The error behind it, where there is one.
    public var cause: (any Error)?
    /// Where the opening of a connection failed; nil where the error is no such failure or the transport does not say.
    public var stage: ConnectionStage?

    /// An error of kind `code` that says `message`.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil, stage: ConnectionStage? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.stage = stage
    }
}

extension PhoenixError {
    /// What `error` says, for use in the message of another: the message alone where it is one of ours, without its full stop.
    static func words(of error: any Error) -> String {
        let text = (error as? PhoenixError)?.message ?? String(describing: error)
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

extension PhoenixError: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}
