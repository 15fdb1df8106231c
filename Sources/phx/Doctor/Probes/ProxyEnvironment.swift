internal import Phoenix

/// The environment of a process that is to use one proxy, or none.
enum ProxyEnvironment {
    private static let names: Set = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]

    /// `environment` with `proxy` as the only one, under the names that libcurl looks for; user and password are in it.
    static func make(from environment: [String: String], proxy: Proxy?) -> [String: String] {
        var result = environment.filter { !names.contains($0.key.lowercased()) }
        // In a CGI program libcurl leaves http_proxy alone.
        result["REQUEST_METHOD"] = nil
        if let proxy {
            let url = url(of: proxy)
            result["http_proxy"] = url
            result["https_proxy"] = url
        }
        return result
    }

    private static func url(of proxy: Proxy) -> String {
        let host = proxy.host.contains(":") ? "[\(proxy.host)]" : proxy.host
        let user = proxy.credentials.map { "\(encoded($0.user)):\(encoded($0.password.revealed))@" } ?? ""
        return "http://\(user)\(host):\(proxy.port)"
    }

    /// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal, byte < 0x80 {
                return String(scalar)
            }
            if "-._~".utf8.contains(byte) { return String(scalar) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }
}
