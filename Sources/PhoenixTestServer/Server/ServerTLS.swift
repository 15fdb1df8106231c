internal import NIOSSL
public import PhoenixKit

/// The certificate a server shows, and its key, in PEM.
public struct ServerTLS: Sendable {
    /// The certificate, followed by those that vouch for it.
    public var certificateChain: String
    /// The private key.
    public var privateKey: Secret

    /// TLS with this certificate.
    public init(certificateChain: String, privateKey: Secret) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }

    func context() throws(PhoenixError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificateChain.utf8))
            let key = try NIOSSLPrivateKey(bytes: Array(privateKey.revealed.utf8), format: .pem)
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) },
                    privateKey: .privateKey(key)
                )
            )
        } catch {
            throw PhoenixError(
                .tls,
                "Expected a certificate chain and a private key in PEM, got ones that cannot be read. "
                    + "Check that both are the text of .pem files and belong together.",
                cause: error
            )
        }
    }
}
