import Phoenix
import Synchronization

@testable import PhoenixTesting

/// A transport that may die: its connection is then just gone, without a close and without an error, as a transport's process
/// that terminates is in Elixir.
final class MortalTransport<Base: Transport>: Transport {
    private let base: Base
    private let deaths = FrameQueue<Void>()

    private let attempts = Mutex<[UInt64]>([])

    /// The numbers of the connections that were tried, as the client counts them.
    var generations: [UInt64] { attempts.withLock { $0 } }

    init(base: Base) {
        self.base = base
    }

    var capabilities: TransportCapabilities { base.capabilities }

    func die() {
        deaths.add(())
    }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        attempts.withLock { $0.append(request.generation) }
        return try await base.withConnection(request) { connection in
            let inbound = MortalInbound(base: connection.inbound, deaths: deaths)
            return try await body(
                Connection(inbound: inbound, outbound: connection.outbound, details: connection.details)
            )
        }
    }
}

private struct MortalInbound: Inbound {
    let base: any Inbound
    let deaths: FrameQueue<Void>

    func next() async throws -> InboundEvent? {
        try await withThrowingTaskGroup(of: InboundEvent?.self) { [base, deaths] group in
            group.addTask { try await base.next() }
            group.addTask {
                guard await deaths.next() != nil else { throw CancellationError() }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
