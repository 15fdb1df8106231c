public import NIOCore
public import PhoenixKit

/// Connects through an HTTP proxy, by a tunnel (`CONNECT`, RFC 9110 section 9.3.6).
///
/// `ws` and `wss` go through a tunnel alike, as browsers do it: the proxy sees the server's host and port and nothing of
/// the upgrade. Many proxies open tunnels to port 443 alone.
///
/// A transport puts one in front of its `TCPConnector` by itself where `ConnectionRequest.proxy` asks for it. It is public
/// for proxies that are reached in another way, through another proxy for one:
///
/// ```swift
/// let connector = HTTPProxyConnector(inner, connector: HTTPProxyConnector(outer))
/// ```
public struct HTTPProxyConnector: WebSocketConnector {
    /// The proxy.
    public var proxy: Proxy
    /// How the bytes get to the proxy.
    public var connector: any WebSocketConnector
    /// How much the proxy may answer: `responseHeaders` and `refusalBody` count.
    public var limits: ConnectionLimits

    /// A connector that goes through `proxy`.
    public init(
        _ proxy: Proxy,
        connector: any WebSocketConnector = TCPConnector(),
        limits: ConnectionLimits = ConnectionLimits()
    ) {
        self.proxy = proxy
        self.connector = connector
        self.limits = limits
    }

    /// Opens the tunnel.
    ///
    /// What the server says at once behind the proxy's answer is kept for whoever reads from the channel first.
    ///
    /// - Throws: `PhoenixError` with `.proxyRefused`, whose cause is a `ProxyRefusal`, when the proxy answers with another
    ///   status than 2xx; `.proxyInvalid` when it answers with something that is no HTTP, or closes the connection;
    ///   `.limitExceeded` when its answer is too long; `.invalidURL` for a host that cannot be asked for; what `connector`
    ///   throws when the proxy is out of reach. The name and the password are in none of them.
    public func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
        let tunnel = try TunnelRequest(to: request.host, port: request.port, through: proxy)
        let channel = try await connectToProxy(request)
        let opened = OneShot<Void>()
        channel.eventLoop.execute { [limits] in
            let handler = TunnelHandler(tunnel, limits: limits, result: opened)
            do {
                try channel.pipeline.syncOperations.addHandler(handler)
            } catch {
                opened.complete(.failure(tunnel.closed))
            }
        }
        do {
            try await opened.value()
            return channel
        } catch {
            channel.close(promise: nil)
            let gone = OneShot<Void>()
            channel.closeFuture.whenComplete { _ in gone.complete(.success(())) }
            try? await gone.valueWhateverHappens()
            throw error
        }
    }

    /// Connects to the proxy itself.
    private func connectToProxy(_ request: WebSocketConnectRequest) async throws -> any Channel {
        var request = request
        (request.host, request.port) = (proxy.host, proxy.port)
        do {
            return try await connector.connect(request)
        } catch let error as PhoenixError {
            throw PhoenixError(
                error.code,
                "The proxy \(proxy) is out of reach. \(error.message) Check the setting of the proxy.",
                cause: error
            )
        }
    }
}
