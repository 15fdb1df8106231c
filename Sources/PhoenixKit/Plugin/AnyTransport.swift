/// A transport of any type: what a registry resolves to.
public struct AnyTransport: Transport {
    /// The transport itself.
    public let base: any Transport

    /// Erases `transport`.
    public init(_ base: any Transport) {
        self.base = base
    }

    public var capabilities: TransportCapabilities { base.capabilities }

    public func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        try await base.withConnection(request, body)
    }
}
