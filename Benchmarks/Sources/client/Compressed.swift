#if Network
internal import PhoenixDeflate
internal import PhoenixKit

/// A transport whose connections offer permessage-deflate.
struct Compressed<T: Transport>: Transport {
    let base: T

    var capabilities: TransportCapabilities { base.capabilities }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        var request = request
        request.wireExtensions = [PermessageDeflate()]
        return try await base.withConnection(request, body)
    }
}
#endif
