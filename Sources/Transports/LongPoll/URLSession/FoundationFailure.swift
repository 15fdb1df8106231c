private import Foundation
internal import PhoenixKit

#if canImport(FoundationNetworking)
private import FoundationNetworking
#endif

/// An error of URLSession without the URL that it carries, whose query holds secrets.
struct FoundationFailure: Error, Sendable, Hashable {
    /// The domain, such as `NSURLErrorDomain`.
    let domain: String
    /// The number within it, such as -1004.
    let code: Int

    init(_ error: (any Error)?) {
        let error = error.map { $0 as NSError }
        domain = error?.domain ?? NSURLErrorDomain
        code = error?.code ?? NSURLErrorUnknown
    }

    /// The error for a request to `host` that failed so.
    func error(host: String) -> PhoenixError {
        switch code {
        case NSURLErrorTimedOut:
            PhoenixError(
                .timeout,
                "URLSession gave a request to \(host) up, because nothing came for too long.",
                cause: self
            )
        case NSURLErrorCannotFindHost, NSURLErrorDNSLookupFailed:
            PhoenixError(
                .unreachable,
                "No address was found for the host \(host). Check its spelling and the name service.",
                cause: self,
                stage: .connect
            )
        case NSURLErrorCannotConnectToHost:
            PhoenixError(
                .unreachable,
                "Nothing listens at \(host), or a proxy before it: no connection came about. Check that the server runs.",
                cause: self,
                stage: .connect
            )
        case NSURLErrorClientCertificateRequired...NSURLErrorSecureConnectionFailed:
            PhoenixError(
                .tls,
                "The TLS connection to \(host) failed (\(domain) \(code)). Check the server's certificate and its name.",
                cause: self,
                stage: .tls
            )
        case NSURLErrorNetworkConnectionLost:
            PhoenixError(
                .unreachable,
                "The connection to \(host) was lost before a request was answered.",
                cause: self,
                stage: .upgrade
            )
        default:
            PhoenixError(.unreachable, "A request to \(host) failed (\(domain) \(code)).", cause: self)
        }
    }
}
