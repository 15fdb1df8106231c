import PhoenixKit
import PhoenixTesting

/// The peer of a loopback transport, as `TransportConformance` needs one.
struct LoopbackPeer: TransportPeer {
    let transport: LoopbackTransport

    var url: Endpoint { Endpoint(scheme: "ws", host: "loopback.test", path: "/socket/websocket") }

    func accept() async throws -> any TransportPeerConnection {
        LoopbackPeerConnection(server: await transport.accept())
    }
}

struct LoopbackPeerConnection: TransportPeerConnection {
    let server: LoopbackServer

    var isFlowControlled: Bool { false }

    func receive() async throws -> Frame? { await server.receive() }

    func send(_ frames: [Frame]) async throws {
        for frame in frames { server.send(frame) }
    }

    func close() async { server.close(code: 1000) }
    func reset() async { server.fail(PhoenixError(.transportDown, "The connection was reset.")) }
}
