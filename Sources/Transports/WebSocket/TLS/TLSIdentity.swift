internal import NIOCore
internal import NIOSSL
internal import PhoenixKit

/// Whether a certificate is for the host of a URL (RFC 9525 section 6).
///
/// NIOSSL takes a certificate also when it is for the IP address that the socket leads to. That is not enough: whoever
/// holds one for the address of a proxy, or for any address that a false name service gives, could pose as every host. So
/// a certificate must be for the name, where the URL has one, and for the URL's own address where it has that.
enum TLSIdentity {
    /// Whether `certificate` is for `host`, as far as NIOSSL leaves that open.
    static func isFor(_ host: String, _ certificate: NIOSSLCertificate) -> Bool {
        var names: [String] = []
        var addresses: [SocketAddress] = []
        var isEmpty = true
        for name in certificate._subjectAlternativeNames() {
            isEmpty = false
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .dnsName: names.append(String(decoding: bytes, as: UTF8.self))
            case .ipAddress:
                if let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0) {
                    addresses.append(address)
                }
            default: break
            }
        }
        if let address = address(host) { return addresses.contains(address) }
        // Without alternative names NIOSSL has found the name in the subject, and looked at no address.
        return isEmpty || names.contains { matches(host, $0) }
    }

    /// The address that `host` is; nil for a name.
    static func address(_ host: String) -> SocketAddress? {
        try? SocketAddress(ipAddress: host, port: 0)
    }

    /// Whether a name of a certificate is `host`, or has `*` for its first label and the rest is the same.
    static func matches(_ host: String, _ name: String) -> Bool {
        let (host, name) = (labels(host), labels(name))
        guard !host.contains(""), host.count == name.count else { return false }
        if host == name { return true }
        return name.first == "*" && name.count > 2 && host.dropFirst() == name.dropFirst()
    }

    private static func labels(_ name: String) -> [Substring] {
        let name = name.lowercased()
        return (name.hasSuffix(".") ? name.dropLast() : name[...]).split(
            separator: ".",
            omittingEmptySubsequences: false
        )
    }
}
