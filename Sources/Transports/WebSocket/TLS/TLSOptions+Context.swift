internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PhoenixKit

extension TLSOptions {
    /// Reads roots, certificates and keys, for a connection to `host`.
    ///
    /// This may read files, and does so on a thread that may block.
    ///
    /// - Throws: `.invalidOption` when one of them cannot be read.
    func makeContext(host: String) async throws -> NIOSSLContext {
        try await NIOThreadPool.singleton.runIfActive { try NIOSSLContext(configuration: configuration(host: host)) }
    }

    /// The handler that speaks TLS with `host`.
    ///
    /// IP addresses are not named to the server (RFC 6066 section 3).
    func makeHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        let isAddress = TLSIdentity.address(host) != nil
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
        } catch {
            throw PhoenixError(.tls, "Expected a host name that TLS can ask for, got another.", cause: error)
        }
    }

    private func configuration(host: String) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.certificateVerification =
            switch verification {
            // With an address NIOSSL would look at that of the socket, which is a proxy's perhaps; see `TLSIdentity`.
            case .full: TLSIdentity.address(host) == nil ? .fullVerification : .noHostnameVerification
            case .noHostname: .noHostnameVerification
            case .none: .none
            }
        if case .only(let roots) = trustRoots {
            configuration.trustRoots = .certificates(try certificates(roots, called: "trustRoots"))
        }
        if !additionalTrustRoots.isEmpty {
            configuration.additionalTrustRoots = [
                .certificates(try certificates(additionalTrustRoots, called: "additionalTrustRoots"))
            ]
        }
        guard (certificateChain == nil) == (privateKey == nil) else {
            throw PhoenixError(
                .invalidOption,
                "Expected tls.certificateChain and tls.privateKey both or neither, got one of them."
            )
        }
        if let certificateChain {
            configuration.certificateChain = try certificates([certificateChain], called: "certificateChain")
                .map { .certificate($0) }
        }
        if let privateKey {
            configuration.privateKey = .privateKey(
                try read("privateKey") {
                    switch privateKey {
                    case .file(let path): try NIOSSLPrivateKey(file: path, format: .pem)
                    case .bytes(let bytes): try NIOSSLPrivateKey(bytes: bytes.array, format: .pem)
                    }
                }
            )
        }
        return configuration
    }

    private func certificates(_ sources: [PEM], called name: String) throws -> [NIOSSLCertificate] {
        try sources.flatMap { source in
            let found = try read(name, source) {
                switch source {
                case .file(let path): try NIOSSLCertificate.fromPEMFile(path)
                case .bytes(let bytes): try NIOSSLCertificate.fromPEMBytes(bytes.array)
                }
            }
            guard !found.isEmpty else {
                throw PhoenixError(.invalidOption, "Expected tls.\(name) to hold a certificate in PEM, got none.")
            }
            return found
        }
    }

    private func read<Result>(_ name: String, _ source: PEM? = nil, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            let place = if case .file(let path)? = source { " in \(path)" } else { "" }
            throw PhoenixError(
                .invalidOption,
                "Expected readable PEM\(place) for tls.\(name), but it could not be read. Check the path and the format.",
                cause: error
            )
        }
    }
}
