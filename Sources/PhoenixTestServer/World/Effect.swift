internal import PhoenixKit

/// What the world asks of the network.
enum Effect: Sendable, Hashable {
    /// Send one whole message.
    case send(UInt64, Frame)
    /// Send a pong with this data.
    case pong(UInt64, Bytes)
    /// Send bytes as they are, whatever they mean.
    case raw(UInt64, Bytes)
    /// Send a close frame, without a code where there is none, stop sending, and wait for the peer to go.
    case close(UInt64, code: UInt16?)
    /// Drop the TCP connection behind what was sent before.
    case cut(UInt64)
    /// Answer a request that was to be answered later.
    case respond(UInt64, SiteResponse)
    /// Answer a request with the head and half the body of a response, and drop its TCP connection there.
    case respondPartly(UInt64, SiteResponse)
    /// Reset the TCP connection that a request came on.
    case reset(UInt64)
    /// Drop the TCP connection with this ticket, which has sent no request in time.
    case drop(ticket: UInt64)
    /// Read nothing more until `resume`.
    case pause(UInt64)
    case resume(UInt64)
}
