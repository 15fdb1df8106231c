internal import NIOCore
internal import NIOSSL
internal import PhoenixKit

/// Checks that a certificate is for the host of the URL and not merely for the address of the socket.
///
/// NIOSSL takes either. Behind a proxy the socket leads to the proxy, and whoever runs it could pose as every host with a
/// certificate for its own address.
struct HostCheck: Sendable {
    let host: String

    /// Whether the host is an IP address.
    var isAddress: Bool { address != nil }

    private var address: SocketAddress? { try? SocketAddress(ipAddress: host, port: 0) }

    /// Closes `channel`, on which TLS has been established, when its certificate is for another host.
    func check(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            if let certificate, isFor(certificate) { return }
            channel.close(promise: nil)
            throw PhoenixError(
                .tls,
                "The TLS connection to \(host) failed: its certificate is for another host. Check the host, or the names of "
                    + "the certificate."
            )
        }
    }

    private func isFor(_ certificate: NIOSSLCertificate) -> Bool {
        let names = certificate._subjectAlternativeNames()
        // Without alternative names NIOSSL has found the host in the subject, and looked at no address.
        if names.isEmpty { return !isAddress }
        return names.contains { name in
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .dnsName: return !isAddress && matches(String(decoding: bytes, as: UTF8.self))
            case .ipAddress:
                let own = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0)
                return own != nil && own == address
            default: return false
            }
        }
    }

    /// Whether `name` is the host, or has `*` for its first label and the rest is the same (RFC 9525 section 6.3).
    private func matches(_ name: String) -> Bool {
        func labels(_ name: String) -> [Substring] {
            let name = name.lowercased()
            return (name.hasSuffix(".") ? name.dropLast() : name[...]).split(
                separator: ".",
                omittingEmptySubsequences: false
            )
        }
        let (own, other) = (labels(host), labels(name))
        guard !own.contains(""), own.count == other.count else { return false }
        return own == other || (other.first == "*" && other.count > 2 && own.dropFirst() == other.dropFirst())
    }
}
