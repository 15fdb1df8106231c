internal import NIOCore
internal import NIOWebSocket
internal import PhoenixKit

/// Turns the frames of a client into events: joins fragments and sees to the rules of RFC 6455 section 5 that NIO's
/// decoder leaves open.
///
/// After a violation nothing more is read.
struct FrameAssembler {
    private enum State {
        case idle
        case message(Frame.Kind, [UInt8])
        case failed
    }

    private let maximumMessage: Int
    private var state = State.idle

    init(maximumMessage: Int) {
        self.maximumMessage = maximumMessage
    }

    /// What a frame amounts to; nil while a message is incomplete.
    mutating func received(_ frame: WebSocketFrame) -> SocketEvent? {
        if case .failed = state { return nil }
        guard frame.maskKey != nil, frame.reservedBits.isEmpty else { return fail(1002) }
        switch frame.opcode {
        case .ping: return .ping(Bytes(Array(buffer: frame.unmaskedData)))
        case .pong: return .pong
        case .connectionClose: return close(frame)
        case .text: return begin(.text, frame)
        case .binary: return begin(.binary, frame)
        case .continuation: return proceed(frame)
        default: return fail(1002)
        }
    }

    /// What an error of NIO's decoder amounts to.
    mutating func failed(_ error: any Error) -> SocketEvent? {
        if case .failed = state { return nil }
        return fail(error as? NIOWebSocketError == .invalidFrameLength ? 1009 : 1002)
    }

    private mutating func begin(_ kind: Frame.Kind, _ frame: WebSocketFrame) -> SocketEvent? {
        guard case .idle = state else { return fail(1002) }
        let bytes = Array(buffer: frame.unmaskedData)
        guard frame.fin else {
            state = .message(kind, bytes)
            return nil
        }
        return complete(kind, bytes)
    }

    private mutating func proceed(_ frame: WebSocketFrame) -> SocketEvent? {
        guard case .message(let kind, var bytes) = state else { return fail(1002) }
        // Bandit takes an empty fragment that is not the last as an attack.
        guard frame.fin || frame.length > 0 else { return fail(1008) }
        guard frame.length <= maximumMessage - bytes.count else { return fail(1009) }
        state = .idle
        bytes.append(contentsOf: frame.unmaskedData.readableBytesView)
        guard frame.fin else {
            state = .message(kind, bytes)
            return nil
        }
        return complete(kind, bytes)
    }

    private mutating func complete(_ kind: Frame.Kind, _ bytes: [UInt8]) -> SocketEvent {
        let bytes = Bytes(bytes)
        guard kind == .binary || bytes.validatedText != nil else { return fail(1007) }
        return .message(Frame(kind: kind, bytes: bytes))
    }

    private mutating func close(_ frame: WebSocketFrame) -> SocketEvent {
        var data = frame.unmaskedData
        let length = data.readableBytes
        let code = data.readInteger(as: UInt16.self)
        let reason = Bytes(Array(buffer: data))
        guard length != 1, reason.validatedText != nil else { return fail(length == 1 ? 1002 : 1007) }
        state = .failed
        return .close(code: code)
    }

    private mutating func fail(_ code: UInt16) -> SocketEvent {
        state = .failed
        return .violation(code: code)
    }
}
