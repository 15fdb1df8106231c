/// The hosts that are reached without a proxy, as `NO_PROXY` lists them.
///
/// One list of entries, each of which is
///
/// - `*`: every host;
/// - a name, `example.org`: that host and all below it; `.example.org` and `*.example.org` mean the same (as in curl);
/// - an IP address, `10.1.2.3`, `2001:db8::1` or `[2001:db8::1]`: that address;
/// - a network, `10.0.0.0/8`, `fd00::/8`: the addresses in it.
///
/// A port may follow names and addresses, `example.org:8443`, `[::1]:4000`; the entry then counts for that port alone (as
/// in Go). Names are compared without regard to case. Names are not looked up: an address excludes no name that leads
/// to it. There is no entry for this very host unless it is listed: `localhost,127.0.0.0/8,::1`. What cannot be read
/// excludes nothing, as in curl and Go.
public struct ProxyExclusions: Sendable, Hashable {
    private var entries: [Entry]

    /// Reads a list whose entries are separated by commas or spaces.
    public init(_ text: String) {
        self.init(text.split { $0 == "," || $0.isWhitespace }.map(String.init))
    }

    /// Reads entries one by one.
    public init(_ entries: [String]) {
        self.entries = entries.compactMap { Entry($0.lowercased()) }
    }

    /// Whether `endpoint` is to be reached without a proxy.
    public func contains(_ endpoint: Endpoint) -> Bool {
        guard !entries.isEmpty else { return false }
        let host = endpoint.host.lowercased().droppingLastDot
        let address = IPAddress(host)
        let port = endpoint.port ?? (endpoint.isSecure ? 443 : 80)
        return entries.contains { $0.matches(host, address, port) }
    }

    static func + (one: ProxyExclusions, other: ProxyExclusions) -> ProxyExclusions {
        var sum = one
        sum.entries += other.entries
        return sum
    }

    private enum Entry: Sendable, Hashable {
        case all
        case name(String, port: UInt16?)
        case address(IPAddress, port: UInt16?)
        case network(IPAddress, length: Int)

        init?(_ text: String) {
            if text == "*" {
                self = .all
                return
            }
            if let slash = text.firstIndex(of: "/") {
                let digits = text[text.index(after: slash)...]
                guard let network = IPAddress(text[..<slash].droppingBrackets), let length = Int(digits),
                    digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), length <= network.bitCount
                else { return nil }
                self = .network(network, length: length)
                return
            }
            if let address = IPAddress(text.droppingBrackets) {
                self = .address(address, port: nil)
                return
            }
            var name = text[...]
            var port: UInt16?
            if let colon = text.lastIndex(of: ":") {
                let digits = text[text.index(after: colon)...]
                guard !digits.hasPrefix("+"), let number = UInt16(digits), number > 0 else { return nil }
                (name, port) = (text[..<colon], number)
            }
            if let address = IPAddress(name.droppingBrackets) {
                self = .address(address, port: port)
                return
            }
            if name.hasPrefix("*.") { name = name.dropFirst() }
            name = name.drop { $0 == "." }
            let host = name.droppingLastDot
            guard !host.isEmpty, !host.contains(where: { ":[]*@".contains($0) }) else { return nil }
            self = .name(host, port: port)
        }

        func matches(_ host: String, _ address: IPAddress?, _ port: UInt16) -> Bool {
            switch self {
            case .all: true
            case .name(let name, let only):
                (only ?? port) == port && address == nil && (host == name || host.hasSuffix("." + name))
            case .address(let own, let only): (only ?? port) == port && address == own
            case .network(let network, let length): address.map { network.shares(length, bitsWith: $0) } ?? false
            }
        }
    }
}

extension ProxyExclusions: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: String...) {
        self.init(elements)
    }
}

extension StringProtocol {
    fileprivate var droppingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
    }

    /// The name without the dot that ends a fully qualified one.
    fileprivate var droppingLastDot: String {
        String(hasSuffix(".") ? dropLast() : self[...])
    }
}
