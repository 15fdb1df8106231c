internal import NIOCore
internal import NIOWebSocket
internal import PhoenixDeflate
internal import PhoenixKit

/// Turns the frames of a client into events: joins fragments, inflates them, and sees to the rules of RFC 6455 section 5
/// that NIO's decoder leaves open.
///
/// After a violation nothing more is read.
struct FrameAssembler {
    private enum State {
        case idle
        case message(Frame.Kind, [UInt8], isCompressed: Bool)
        case failed
    }

    private let maximumMessage: Int
    private var state = State.idle

    init(maximumMessage: Int) {
        self.maximumMessage = maximumMessage
    }

    /// What a frame amounts to; nil while a message is incomplete.
    mutating func received(_ frame: WebSocketFrame, codec: inout DeflateCodec?) -> SocketEvent? {
        if case .failed = state { return nil }
        guard frame.maskKey != nil, !frame.rsv2, !frame.rsv3 else { return fail(1002) }
        // RSV1 says that a message is compressed, in its first frame alone (RFC 7692 section 6).
        let isData = frame.opcode == .text || frame.opcode == .binary
        guard !frame.rsv1 || isData && codec != nil else { return fail(1002) }
        switch frame.opcode {
        case .ping: return .ping(Bytes(Array(buffer: frame.unmaskedData)))
        case .pong: return .pong
        case .connectionClose: return close(frame)
        case .text: return begin(.text, frame, &codec)
        case .binary: return begin(.binary, frame, &codec)
        case .continuation: return proceed(frame, &codec)
        default: return fail(1002)
        }
    }

    /// What an error of NIO's decoder amounts to.
    mutating func failed(_ error: any Error) -> SocketEvent? {
        if case .failed = state { return nil }
        return fail(error as? NIOWebSocketError == .invalidFrameLength ? 1009 : 1002)
    }

    private mutating func begin(
        _ kind: Frame.Kind,
        _ frame: WebSocketFrame,
        _ codec: inout DeflateCodec?
    ) -> SocketEvent? {
        guard case .idle = state else { return fail(1002) }
        return append(frame, to: [], of: kind, isCompressed: frame.rsv1, &codec)
    }

    private mutating func proceed(_ frame: WebSocketFrame, _ codec: inout DeflateCodec?) -> SocketEvent? {
        guard case .message(let kind, let bytes, let isCompressed) = state else { return fail(1002) }
        // Bandit takes an empty fragment that is not the last as an attack.
        guard frame.fin || frame.length > 0 else { return fail(1008) }
        guard isCompressed || frame.length <= maximumMessage - bytes.count else { return fail(1009) }
        state = .idle
        return append(frame, to: bytes, of: kind, isCompressed: isCompressed, &codec)
    }

    private mutating func append(
        _ frame: WebSocketFrame,
        to bytes: [UInt8],
        of kind: Frame.Kind,
        isCompressed: Bool,
        _ codec: inout DeflateCodec?
    ) -> SocketEvent? {
        var bytes = bytes
        let part = Array(buffer: frame.unmaskedData)
        if isCompressed {
            do {
                try codec?.decode(Bytes(part), isLast: frame.fin, into: &bytes)
            } catch {
                return fail((error as? PhoenixError)?.code == .limitExceeded ? 1009 : 1007)
            }
        } else if bytes.isEmpty {
            bytes = part
        } else {
            bytes += part
        }
        guard frame.fin else {
            state = .message(kind, bytes, isCompressed: isCompressed)
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
