internal import NIOCore
internal import NIOSSL
internal import PhoenixKit

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#elseif canImport(Android)
private import Android
#else
private import Darwin
#endif

/// Says what went wrong with TLS in words that help.
enum TLSFailure {
    /// The error for a handshake with `host` that failed with `error`.
    static func error(_ error: any Error, host: String, in channel: any Channel) -> PhoenixError {
        PhoenixError(.tls, "TLS with \(host) failed: \(reason(error, in: channel))", cause: error)
    }

    /// The error for a handshake that went well with a certificate for another host than `host`.
    static func foreign(_ host: String) -> PhoenixError {
        PhoenixError(.tls, "TLS with \(host) failed: \(foreign)")
    }

    private static let foreign = "its certificate is for another host. Check the host, or the certificate's names."

    /// The error for a connection that was open; nil when the peer is just gone.
    static func error(whileOpen error: any Error) -> PhoenixError? {
        switch error {
        case NIOSSLError.uncleanShutdown:
            nil
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            PhoenixError(.tls, "Expected sound TLS records, but the connection broke: \(error).", cause: error)
        default:
            nil
        }
    }

    private static func reason(_ error: any Error, in channel: any Channel) -> String {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return foreign
        }
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return certificateReason(in: channel)
        }
        if text.contains("EOF during handshake") || error is IOError || text.contains("uncleanShutdown") {
            return "the connection was closed in the middle of the handshake."
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "the server does not speak TLS at this port. Use ws:// or another port."
        }
        if text.contains("CERTIFICATE_REQUIRED") || text.contains("BAD_CERTIFICATE") {
            return "the server asks for a client certificate, or does not like ours."
        }
        return "the handshake broke (\(text))."
    }

    /// Why a certificate was not taken, as far as it can be seen on it: OpenSSL's own reason does not come through.
    private static func certificateReason(in channel: any Channel) -> String {
        let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate()
        if let certificate {
            let now = time(nil)
            if certificate.notValidAfter < now { return "its certificate has expired." }
            if certificate.notValidBefore > now { return "its certificate is not valid yet. Check the clock." }
        }
        return "its certificate is not trusted. Give the root that signed it in tls.trustRoots, or check its dates."
    }
}
