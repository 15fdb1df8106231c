import PhoenixKit

/// A WebSocket frame as a server sends it, and as a client builds it, by the letter of RFC 6455 section 5.2.
struct RawFrame: Equatable {
    var isFinal = true
    var reserved: UInt8 = 0
    var opcode: UInt8
    var payload: [UInt8]

    static func text(_ text: String) -> RawFrame { RawFrame(opcode: 1, payload: Array(text.utf8)) }
    static func binary(_ bytes: [UInt8]) -> RawFrame { RawFrame(opcode: 2, payload: bytes) }
    static let ping = RawFrame(opcode: 9, payload: [])

    static func close(_ code: UInt16?, _ reason: String = "") -> RawFrame {
        RawFrame(opcode: 8, payload: (code.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? []) + Array(reason.utf8))
    }

    var text: String { String(decoding: payload, as: UTF8.self) }

    /// The code of a close frame.
    var code: UInt16? {
        payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
    }

    /// The bytes on the wire, with a mask.
    func masked(with mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(0x80 | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        bytes += mask
        bytes += payload.enumerated().map { $1 ^ mask[$0 % 4] }
        return bytes
    }

    /// Reads one frame without a mask off the front of `bytes`, or nothing while it is incomplete.
    static func parse(_ bytes: inout ArraySlice<UInt8>) -> RawFrame? {
        let start = bytes.startIndex
        guard bytes.count >= 2 else { return nil }
        var position = start + 2
        var length = Int(bytes[start + 1] & 0x7F)
        let extra = length == 126 ? 2 : length == 127 ? 8 : 0
        guard bytes.count >= 2 + extra else { return nil }
        if extra > 0 {
            length = bytes[position..<(position + extra)].reduce(0) { $0 << 8 | Int($1) }
            position += extra
        }
        guard bytes.endIndex - position >= length else { return nil }
        let frame = RawFrame(
            isFinal: bytes[start] & 0x80 != 0,
            reserved: bytes[start] >> 4 & 7,
            opcode: bytes[start] & 15,
            payload: Array(bytes[position..<(position + length)])
        )
        bytes = bytes[(position + length)...]
        return frame
    }
}
