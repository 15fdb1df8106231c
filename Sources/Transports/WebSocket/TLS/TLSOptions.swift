public import PhoenixKit

/// How a `wss` connection checks the server and shows who the client is.
///
/// The defaults verify the server's certificate against the system's roots, its host name included.
///
/// ```swift
/// var configuration = WebSocketTransport.Configuration()
/// configuration.tls.additionalTrustRoots = [.file("/etc/ssl/our-root.pem")]
/// ```
public struct TLSOptions: Sendable, Hashable {
    /// Text in PEM, in a file or at hand.
    public enum PEM: Sendable, Hashable {
        /// A file at this path, read when a connection opens.
        case file(String)
        /// The text itself.
        case bytes(Bytes)
    }

    /// Which roots are trusted.
    public enum TrustRoots: Sendable, Hashable {
        /// Those of the system.
        case system
        /// These and no others.
        case only([PEM])
    }

    /// What is checked of the server's certificate.
    public enum Verification: Sendable, Hashable {
        /// Everything: that a trusted root signed it, its dates, and the host name.
        case full
        /// All but the host name.
        ///
        /// - Warning: Whoever holds any certificate that the roots signed can then pose as the server. Use it with roots
        ///   of your own that sign nothing else.
        case noHostname
        /// Nothing.
        ///
        /// - Warning: Anybody on the way can then read and change everything, tokens included. Use it in tests only.
        case none
    }

    /// The lowest version of TLS that is spoken.
    public enum Version: Sendable, Hashable {
        /// TLS 1.2.
        case tls12
        /// TLS 1.3.
        case tls13
    }

    /// Which roots are trusted.
    ///
    /// Default: the system's.
    public var trustRoots: TrustRoots
    /// Roots that are trusted besides.
    ///
    /// Default: none.
    public var additionalTrustRoots: [PEM]
    /// The client's certificate, then those that lead to its root.
    ///
    /// Default: none.
    public var certificateChain: PEM?
    /// The key of the client's certificate, without a passphrase.
    ///
    /// Default: none.
    public var privateKey: PEM?
    /// What is checked of the server's certificate.
    ///
    /// Default: everything.
    public var verification: Verification
    /// The lowest version spoken.
    ///
    /// Default: TLS 1.2.
    public var minimumVersion: Version

    /// Options; the defaults where nothing is given.
    public init(
        trustRoots: TrustRoots = .system,
        additionalTrustRoots: [PEM] = [],
        certificateChain: PEM? = nil,
        privateKey: PEM? = nil,
        verification: Verification = .full,
        minimumVersion: Version = .tls12
    ) {
        self.trustRoots = trustRoots
        self.additionalTrustRoots = additionalTrustRoots
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.verification = verification
        self.minimumVersion = minimumVersion
    }
}
