internal import AsyncHTTPClient
public import NIOCore
internal import NIOHTTPCompression
public import NIOPosix
public import NIOSSL
internal import PhoenixKit
public import PhoenixLongPoll

/// Makes the requests of long polling with async-http-client, for servers on Linux.
///
/// ```swift
/// var registry = PluginRegistry.standard
/// registry.register(.longPoll(engine: AsyncHTTPClientEngine()))
/// ```
///
/// Other than with URLSession on Linux, proxies and credentials for them come from `ConnectionRequest.proxy`, and a
/// request whose task is cancelled ends at once, with its connection.
///
/// HTTP/1.1 alone is spoken. Every connection of the transport has connections of its own to the server, at most two
/// at a time, which are kept alive between its requests and closed at its end. Redirects are not followed, cookies not
/// kept, requests never sent again, and no traces recorded.
public struct AsyncHTTPClientEngine: HTTPEngine {
    /// How `https` checks the server and shows who the client is.
    ///
    /// Default: nil, the defaults of NIOSSL: the system's roots, and the host name.
    public var tls: TLSConfiguration?
    /// The most bytes that a compressed answer may inflate to, whatever its request allows.
    ///
    /// Default: 64 MB.
    public var inflatedLimit: Int
    /// Whose event loops the connections run on, each connection of the transport on one of them.
    ///
    /// Default: those that all of NIO shares.
    public var eventLoopGroup: any EventLoopGroup

    public init(
        tls: TLSConfiguration? = nil,
        inflatedLimit: Int = 64_000_000,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) {
        self.tls = tls
        self.inflatedLimit = inflatedLimit
        self.eventLoopGroup = eventLoopGroup
    }

    public var name: String { "AsyncHTTPClient" }

    public var capabilities: HTTPEngineCapabilities {
        HTTPEngineCapabilities(supportsProxies: true, supportsProxyCredentials: true)
    }

    public func open(_ request: HTTPSessionRequest) async throws -> any HTTPSession {
        let proxy = try request.proxy.proxy(for: request.url)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .nanoseconds(request.connectTimeout.clampedNanoseconds)),
            decompression: .enabled(limit: .size(max(0, inflatedLimit)))
        )
        configuration.httpVersion = .http1Only
        // Spans hold whole URLs, whose queries hold secrets, and would add headers.
        configuration.tracing.tracer = nil
        // Trying on is the client's business.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let proxy {
            configuration.proxy = .server(
                host: proxy.host,
                port: Int(proxy.port),
                authorization: proxy.credentials.map { .basic(username: $0.user, password: $0.password.revealed) }
            )
        }
        if request.url.isSecure {
            let check = HostCheck(host: request.url.host)
            var tls = tls ?? .makeClientConfiguration()
            if tls.certificateVerification == .fullVerification {
                if check.isAddress { tls.certificateVerification = .noHostnameVerification }
                configuration.http1_1ConnectionDebugInitializer = { check.check($0) }
            }
            configuration.tlsConfiguration = tls
        }
        return AsyncHTTPClientSession(
            configuration,
            on: eventLoopGroup.next(),
            words: FailureWords(host: request.url.host, proxy: proxy)
        )
    }
}

extension Duration {
    /// The duration in nanoseconds, from one to a hundred years.
    var clampedNanoseconds: Int64 {
        let seconds = min(max(components.seconds, 0), 3_155_760_000)
        return max(1, seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000)
    }
}
