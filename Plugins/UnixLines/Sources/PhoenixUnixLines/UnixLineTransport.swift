internal import Foundation
public import PhoenixKit

/// Carries frames as lines over a Unix domain socket: a transport by a third party, without SwiftNIO.
///
/// The server listens at `path`; host, path and query of the URL are not sent. It serves URLs that end in `/unixlines`.
public struct UnixLineTransport: Transport {
    /// The path of the socket in the file system.
    public var path: String

    public init(path: String) {
        self.path = path
    }

    public var capabilities: TransportCapabilities {
        TransportCapabilities(name: "unixlines", schemes: .init(plain: "unix", secure: "unixs"))
    }

    public func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let socket = try UnixAddress(path: path).connect()
        let limit = request.limits.frame
        let session = StreamSession(
            socket: socket,
            request: request,
            encode: { try LineFraming.encode($0) },
            decode: { try LineFraming.decode(&$0, limit: limit) }
        )
        return try await session.run(body)
    }
}

extension TransportPlugin {
    /// The transport of lines over the Unix domain socket that the option `unixlines.path` names.
    public static let unixLines = TransportPlugin(
        name: "unixlines",
        schemes: .init(plain: "unix", secure: "unixs"),
        optionKeys: ["unixlines.path"]
    ) { request in
        guard let path = request.options["unixlines.path"] else {
            throw PhoenixError(.invalidOption, "Expected the option unixlines.path, got none. Name the socket's path.")
        }
        return UnixLineTransport(path: path)
    }
}
