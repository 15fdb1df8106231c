internal import Foundation
internal import PhoenixKit

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// How a URLSession gets to the proxy that a connection asks for.
struct FoundationProxy {
    #if canImport(FoundationNetworking)
    /// Checks that URLSession will do what is asked for.
    ///
    /// On Linux it ignores `connectionProxyDictionary`, and libcurl under it reads the environment, but for `HTTP_PROXY` in upper
    /// case.
    ///
    /// - Throws: `.invalidOption` when it would go elsewhere; what `ProxySettings.proxy(for:)` throws.
    init(
        _ settings: ProxySettings,
        for url: Endpoint,
        environment: [String: String] = ProxySettings.processEnvironment
    ) throws(PhoenixError) {
        let wanted = try settings.proxy(for: url, environment: environment)
        let known = environment.filter { $0.key != "HTTP_PROXY" }
        let isTaken: Bool
        do {
            isTaken = try ProxySettings.environment.proxy(for: url, environment: known) == wanted
        } catch {
            // What libcurl finds but we do not support, a SOCKS proxy for one.
            isTaken = false
        }
        guard isTaken else {
            throw PhoenixError(
                .invalidOption,
                "Expected a proxy that URLSession takes on Linux, which is what the environment says in lower case "
                    + "(http_proxy, https_proxy, all_proxy, no_proxy), got \(wanted.map { "\($0)" } ?? "the wish for none"). "
                    + "Use the AsyncHTTPClient engine (LongPollTransport(engine:)), or change the environment."
            )
        }
    }

    func apply(to configuration: URLSessionConfiguration) {}
    #else
    private enum Way {
        case system, direct
        case proxy(Proxy)
    }

    private let way: Way
    private let isSecure: Bool

    /// - Throws: `.invalidOption` for a proxy with credentials; what `ProxySettings.proxy(for:)` throws.
    init(_ settings: ProxySettings, for url: Endpoint) throws(PhoenixError) {
        isSecure = url.isSecure
        if let proxy = try settings.proxy(for: url) {
            guard proxy.credentials == nil else {
                throw PhoenixError(
                    .invalidOption,
                    "Expected a proxy without credentials, which URLSession does not send by itself, got one with some. "
                        + "Use the AsyncHTTPClient engine (LongPollTransport(engine:))."
                )
            }
            way = .proxy(proxy)
        } else {
            way = settings == .environment ? .system : .direct
        }
    }

    func apply(to configuration: URLSessionConfiguration) {
        switch way {
        case .system: break
        case .direct: configuration.connectionProxyDictionary = [:]
        case .proxy(let proxy):
            let kind = isSecure ? "HTTPS" : "HTTP"
            configuration.connectionProxyDictionary = [
                "\(kind)Enable": 1, "\(kind)Proxy": proxy.host, "\(kind)Port": Int(proxy.port),
            ]
        }
    }
    #endif
}
