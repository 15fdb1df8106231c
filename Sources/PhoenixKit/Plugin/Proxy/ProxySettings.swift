/// Which proxy leads to a server: none, the one the environment names, or this one.
///
///     configuration.proxy = .http(host: "proxy.example.org", port: 3128, except: ["localhost", "10.0.0.0/8"])
///     configuration.proxy = try .url("http://user:password@proxy.example.org:3128")
///     configuration.proxy = .none
///
/// Loopback addresses are no exception, neither here nor with curl: what goes to a server on this host goes through the
/// proxy unless the exclusions say otherwise.
public struct ProxySettings: Sendable, Hashable {
    private enum Choice: Sendable, Hashable {
        case direct, environment
        case proxy(Proxy)
    }

    private var choice: Choice
    /// The hosts reached without a proxy; with `.environment` besides those of `NO_PROXY`, with a proxy of ours these
    /// alone.
    public var exclusions: ProxyExclusions

    /// Straight to the server, whatever the environment says.
    public static let none = ProxySettings(choice: .direct, exclusions: [])

    /// As the environment says at the time of each connection.
    ///
    /// `http` and `ws` go through the proxy that `http_proxy` names, `https` and `wss` through that of `https_proxy`, and all
    /// others, and those for which there is none, through that of `all_proxy`; `no_proxy` lists the exclusions. Each name
    /// is looked for in lower case, then in upper case; an empty value counts as none. `HTTP_PROXY` in upper case is
    /// left alone in a CGI program, where a client of the web server can set it (CVE-2016-5385).
    public static let environment = ProxySettings(choice: .environment, exclusions: [])

    /// Through this proxy, whatever the environment says.
    public static func proxy(_ proxy: Proxy, except exclusions: ProxyExclusions = []) -> ProxySettings {
        ProxySettings(choice: .proxy(proxy), exclusions: exclusions)
    }

    /// Through an HTTP proxy, whatever the environment says.
    public static func http(
        host: String,
        port: UInt16,
        credentials: ProxyCredentials? = nil,
        except exclusions: ProxyExclusions = []
    ) -> ProxySettings {
        .proxy(Proxy(host: host, port: port, credentials: credentials), except: exclusions)
    }

    /// Through the HTTP proxy of a URL, `http://user:password@proxy.example.org:3128`, whatever the environment says.
    ///
    /// - Throws: what `Proxy.init(_:)` throws.
    public static func url(_ url: String, except exclusions: ProxyExclusions = []) throws(PhoenixError) -> ProxySettings
    {
        .proxy(try Proxy(url), except: exclusions)
    }

    /// Reads the settings from a text of a configuration: `environment`, `none`, or a proxy's URL.
    ///
    /// - Throws: what `Proxy.init(_:)` throws.
    public static func option(
        _ text: String,
        except exclusions: ProxyExclusions = []
    ) throws(PhoenixError) -> ProxySettings {
        switch text {
        case "none": ProxySettings(choice: .direct, exclusions: exclusions)
        case "environment": ProxySettings(choice: .environment, exclusions: exclusions)
        default: try .url(text, except: exclusions)
        }
    }

    /// The proxy that leads to `endpoint`; nil when there is none.
    ///
    /// The variables are looked up in `environment`, by default that of the process, as it is now.
    ///
    /// - Throws: `PhoenixError` with `.invalidURL` or `.invalidOption` when the proxy is not one that can be used. It names
    ///   the variable, but no part of its value, which may hold a password.
    public func proxy(
        for endpoint: Endpoint,
        environment: [String: String] = ProxySettings.processEnvironment
    ) throws(PhoenixError) -> Proxy? {
        switch choice {
        case .direct:
            return nil
        case .environment:
            let variables = ProxyVariables(environment)
            guard let (name, url) = variables.proxy(for: endpoint.scheme),
                !(exclusions + variables.exclusions).contains(endpoint)
            else { return nil }
            do {
                return try Proxy(url)
            } catch {
                throw PhoenixError(error.code, "The variable \(name) of the environment is no use. \(error.message)")
            }
        case .proxy(let proxy):
            guard !exclusions.contains(endpoint) else { return nil }
            try proxy.check()
            return proxy
        }
    }

    /// The variables of the process's environment that proxies depend on, as they are now.
    public static var processEnvironment: [String: String] { ProxyVariables.ofProcess }
}

extension ProxySettings: CustomStringConvertible {
    public var description: String {
        switch choice {
        case .direct: "none"
        case .environment: "environment"
        case .proxy(let proxy): "\(proxy)"
        }
    }
}
