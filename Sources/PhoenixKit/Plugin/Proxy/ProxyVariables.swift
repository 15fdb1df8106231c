#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#elseif canImport(Android)
private import Android
#else
private import Darwin
#endif

/// What the variables of an environment say about proxies.
struct ProxyVariables {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The variable that names the proxy for URLs of `scheme`, and what it says; nil when none does.
    func proxy(for scheme: String) -> (name: String, url: String)? {
        let own: [String] =
            switch scheme {
            // Whoever can send a web server the header Proxy sets HTTP_PROXY for its CGI programs (CVE-2016-5385).
            case "http", "ws": environment["REQUEST_METHOD"] == nil ? ["http_proxy", "HTTP_PROXY"] : ["http_proxy"]
            case "https", "wss": ["https_proxy", "HTTPS_PROXY"]
            default: []
            }
        for name in own + ["all_proxy", "ALL_PROXY"] {
            if let url = environment[name], !url.isEmpty { return (name, url) }
        }
        return nil
    }

    /// The hosts that need no proxy.
    var exclusions: ProxyExclusions {
        let names = ["no_proxy", "NO_PROXY"]
        return ProxyExclusions(names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "")
    }

    /// Those of the process, as they are now.
    static var ofProcess: [String: String] {
        var variables: [String: String] = [:]
        let names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
        for name in names + names.map({ $0.uppercased() }) + ["REQUEST_METHOD"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}
