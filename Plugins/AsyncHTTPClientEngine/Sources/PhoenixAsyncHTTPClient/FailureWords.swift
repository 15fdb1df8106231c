internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import PhoenixKit

/// Says what went wrong with a request in words that help.
struct FailureWords: Sendable {
    let host: String
    let proxy: Proxy?

    /// The error for what async-http-client or NIO threw.
    func error(for error: any Error) -> PhoenixError {
        switch error {
        case let error as PhoenixError:
            return error
        case let error as HTTPClientError:
            return self.error(error)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return PhoenixError(
                .tls,
                "The TLS connection to \(host) failed. Check the server's certificate, its name, and the trusted roots.",
                cause: error
            )
        case HTTPParserError.invalidEOFState:
            return PhoenixError(
                .unreachable,
                "\(place) closed the connection in the middle of an answer.",
                cause: error
            )
        case is HTTPParserError:
            return proxy == nil
                ? PhoenixError(
                    .transportProtocol,
                    "Expected \(host) to answer in HTTP/1.1, got something else.",
                    cause: error
                )
                : PhoenixError(.proxyInvalid, "Expected HTTP/1.1 from \(place), got something else.", cause: error)
        case is NIOConnectionError, is IOError, is ChannelError:
            return PhoenixError(
                .unreachable,
                "No connection to \(place) came about, or it broke. Check that \(proxy == nil ? "the server" : "the proxy") runs.",
                cause: error
            )
        default:
            // Of the rest, inflating is what a peer can make fail; its errors have no public type.
            let kind = String(reflecting: type(of: error))
            return kind.contains("DecompressionError")
                ? PhoenixError(
                    .limitExceeded,
                    "Expected an answer that inflates within the limit, got another.",
                    cause: error
                )
                : PhoenixError(.unreachable, "A request to \(host) failed (\(kind)).", cause: error)
        }
    }

    private func error(_ error: HTTPClientError) -> PhoenixError {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            PhoenixError(.timeout, "A request to \(host) was given up, because its answer took too long.", cause: error)
        case .connectTimeout, .getConnectionFromPoolTimeout:
            PhoenixError(.unreachable, "No connection to \(place) came about in time. Check the network.", cause: error)
        case .tlsHandshakeTimeout:
            PhoenixError(.tls, "The TLS handshake with \(host) took too long.", cause: error)
        case .proxyAuthenticationRequired:
            PhoenixError(
                .proxyRefused,
                proxy?.credentials == nil
                    ? "\(place) asks for credentials (407). Give them in its setting, as in http://user:password@host:port."
                    : "\(place) does not accept the credentials (407). Check user and password in its setting.",
                cause: ProxyRefusal(status: 407)
            )
        case .invalidProxyResponse:
            PhoenixError(
                .proxyRefused,
                "\(place) does not open the way to \(host). Check the credentials, and that it allows the host and the port: "
                    + "many allow port 443 alone.",
                cause: error
            )
        case .httpProxyHandshakeTimeout:
            PhoenixError(.timeout, "\(place) took too long to open the way to \(host).", cause: error)
        case .remoteConnectionClosed, .uncleanShutdown:
            PhoenixError(.unreachable, "\(place) closed the connection in the middle of a request.", cause: error)
        case .invalidURL, .emptyHost, .emptyScheme:
            PhoenixError(.invalidURL, "Expected a URL that async-http-client takes, got another.", cause: error)
        default:
            PhoenixError(.unreachable, "A request to \(host) failed: \(error.shortDescription).", cause: error)
        }
    }

    private var place: String { proxy.map { "the proxy \($0)" } ?? host }
}
