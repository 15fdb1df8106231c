internal import PhoenixKit

/// What RFC 6455 says about a stream of frames, written down as plainly as can be, for the frame parser to be compared with.
///
/// It sees all the bytes at once, copies without shame, and knows of no extension but the inverting one of the fuzzer.
struct FrameModel {
    /// What is in a stream.
    struct Contents: Equatable {
        var frames: [Frame] = []
        /// Opcode and payload of control frames.
        var controls: [[UInt8]] = []
        /// The close code for the rule that was broken.
        var violation: UInt16?
    }

    var frameLimit: Int
    var messageLimit: Int
    var inflatedLimit: Int
    var hasExtension: Bool

    private struct Refusal: Error {
        let code: UInt16
    }

    /// A message some of whose frames have come.
    private struct Started {
        let kind: Frame.Kind
        let isTransformed: Bool
        var bytes: [UInt8]
        var received = 0
        var fragments = 0
    }

    func read(_ stream: [UInt8]) -> Contents {
        var contents = Contents()
        do {
            try read(stream, into: &contents)
        } catch {
            contents.violation = error.code
        }
        return contents
    }

    private func read(_ stream: [UInt8], into contents: inout Contents) throws(Refusal) {
        var rest = stream[...]
        var started: Started?
        while let first = rest.first {
            let opcode = first & 0x0F
            let isControl = opcode >= 8
            guard [0, 1, 2, 8, 9, 10].contains(opcode), first & 0x30 == 0 else { throw Refusal(code: 1002) }
            let isTransformed = first & 0x40 != 0
            if isTransformed, !hasExtension || (opcode != 1 && opcode != 2) { throw Refusal(code: 1002) }
            let isFinal = first & 0x80 != 0
            if isControl, !isFinal { throw Refusal(code: 1002) }

            guard let second = rest.dropFirst().first else { return }
            if second >= 0x80 || (isControl && second > 125) { throw Refusal(code: 1002) }
            let extra = second == 126 ? 2 : second == 127 ? 8 : 0
            let number = rest.dropFirst(2).prefix(extra)
            guard number.count == extra else { return }
            let length = number.reduce(extra == 0 ? UInt64(second) : 0) { $0 << 8 | UInt64($1) }
            if extra == 2, length < 126 { throw Refusal(code: 1002) }
            if extra == 8, length < 65_536 || length > 0x7FFF_FFFF_FFFF_FFFF { throw Refusal(code: 1002) }
            if !isControl {
                if (opcode == 0) != (started != nil) { throw Refusal(code: 1002) }
                if let started, started.fragments >= max(1_024, messageLimit) { throw Refusal(code: 1009) }
                let received = UInt64(started?.received ?? 0)
                if length > UInt64(frameLimit) || length > UInt64(messageLimit) - received { throw Refusal(code: 1009) }
            }
            rest = rest.dropFirst(2 + extra)
            let payload = Array(rest.prefix(Int(min(length, 1 << 40))))
            let isWhole = UInt64(payload.count) == length
            rest = rest.dropFirst(payload.count)

            if isControl {
                guard isWhole else { return }
                contents.controls.append([opcode] + payload)
                if opcode == 8 { try check(close: payload) { contents.controls.removeLast() } }
                continue
            }
            var message =
                started
                ?? Started(kind: opcode == 1 ? .text : .binary, isTransformed: isTransformed, bytes: [])
            guard isWhole || !message.isTransformed else { return }
            message.bytes += message.isTransformed ? payload.map { ~$0 } : payload
            message.received += payload.count
            message.fragments += 1
            if message.isTransformed, message.bytes.count > inflatedLimit { throw Refusal(code: 1009) }
            if message.kind == .text, !Self.isText(message.bytes, isAll: isWhole && isFinal) {
                throw Refusal(code: 1007)
            }
            guard isWhole else { return }
            if isFinal {
                contents.frames.append(Frame(kind: message.kind, bytes: Bytes(message.bytes)))
                started = nil
            } else {
                started = message
            }
        }
    }

    private func check(close payload: [UInt8], refused: () -> Void) throws(Refusal) {
        guard payload.count != 0 else { return }
        let code = payload.count > 1 ? Int(payload[0]) * 256 + Int(payload[1]) : 0
        let mayBeSent = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
        guard mayBeSent else {
            refused()
            throw Refusal(code: 1002)
        }
        guard Self.isText(Array(payload.dropFirst(2)), isAll: true) else {
            refused()
            throw Refusal(code: 1007)
        }
    }

    /// Whether `bytes` are UTF-8, or can become it where they are not all there yet.
    static func isText(_ bytes: [UInt8], isAll: Bool) -> Bool {
        if String(validating: bytes, as: UTF8.self) != nil { return true }
        guard !isAll else { return false }
        // Of the character that is cut off at most three bytes have come, and at most three are missing.
        let fillings: [[UInt8]] = [0x80, 0x90, 0xA0].flatMap { first in
            [[first], [first, 0x80], [first, 0x80, 0x80]]
        }
        let tail = Array(bytes.suffix(4))
        let isCharacterStart = { (byte: UInt8) in byte & 0xC0 != 0x80 }
        guard let start = tail.lastIndex(where: isCharacterStart) else { return false }
        guard String(validating: bytes.dropLast(tail.count - start), as: UTF8.self) != nil else { return false }
        return fillings.contains { String(validating: tail[start...] + $0, as: UTF8.self) != nil }
    }
}
