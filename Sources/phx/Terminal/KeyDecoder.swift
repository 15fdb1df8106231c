/// Makes keys of the bytes that a terminal sends: UTF-8, control characters and the escape sequences of ECMA-48 and xterm.
///
/// Bytes may come in parts of any size; what is incomplete waits for the next part. Malformed UTF-8 becomes U+FFFD.
struct KeyDecoder: Sendable {
    private enum State {
        case ground
        /// After ESC.
        case escape
        /// After ESC [, with the parameters so far.
        case sequence([UInt8])
        /// After ESC O.
        case shift
        /// Within a character of several bytes: the bytes so far, and how many it has in all.
        case character([UInt8], length: Int)
    }

    /// Longer sequences are no keys.
    private static let longestSequence = 32
    private var state = State.ground

    /// The keys that `bytes` complete.
    mutating func keys(from bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes { take(byte, into: &keys) }
        return keys
    }

    private mutating func take(_ byte: UInt8, into keys: inout [Key]) {
        switch state {
        case .ground: begin(byte, into: &keys)
        case .escape: escaped(byte, into: &keys)
        case .sequence(let parameters): sequence(parameters, byte, into: &keys)
        case .shift:
            state = .ground
            keys.append(Self.shifted(byte))
        case .character(var bytes, let length):
            guard byte & 0xC0 == 0x80 else {
                keys.append(.scalar("\u{FFFD}"))
                return begin(byte, into: &keys)
            }
            bytes.append(byte)
            guard bytes.count == length else { return state = .character(bytes, length: length) }
            state = .ground
            let text = String(decoding: bytes, as: UTF8.self).unicodeScalars
            keys.append(text.count == 1 ? .scalar(text.first ?? "\u{FFFD}") : .scalar("\u{FFFD}"))
        }
    }

    private mutating func begin(_ byte: UInt8, into keys: inout [Key]) {
        state = .ground
        switch byte {
        case 0x1B: state = .escape
        case 0x0D, 0x0A: keys.append(.enter)
        case 0x08, 0x7F: keys.append(.backspace)
        case 0x01...0x1A: keys.append(.control(Character(Unicode.Scalar(byte + 0x60))))
        case 0x00, 0x1C...0x1F: keys.append(.unknown)
        case 0x20..<0x7F: keys.append(.scalar(Unicode.Scalar(byte)))
        case 0xC2..<0xE0: state = .character([byte], length: 2)
        case 0xE0..<0xF0: state = .character([byte], length: 3)
        case 0xF0..<0xF5: state = .character([byte], length: 4)
        default: keys.append(.scalar("\u{FFFD}"))
        }
    }

    private mutating func escaped(_ byte: UInt8, into keys: inout [Key]) {
        state = .ground
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "O"): state = .shift
        case 0x1B: state = .escape
        case UInt8(ascii: "b"): keys.append(.wordLeft)
        case UInt8(ascii: "f"): keys.append(.wordRight)
        case 0x08, 0x7F: keys.append(.control("w"))
        default: keys.append(.unknown)
        }
    }

    private mutating func sequence(_ parameters: [UInt8], _ byte: UInt8, into keys: inout [Key]) {
        guard (0x20..<0x40).contains(byte) else {
            state = .ground
            // 0x40 to 0x7E end a sequence; anything else breaks it off.
            keys.append((0x40..<0x7F).contains(byte) ? Self.key(parameters, byte) : .unknown)
            return
        }
        guard parameters.count < Self.longestSequence else {
            state = .ground
            return keys.append(.unknown)
        }
        state = .sequence(parameters + [byte])
    }

    private static func key(_ parameters: [UInt8], _ final: UInt8) -> Key {
        let text = String(decoding: parameters, as: UTF8.self)
        // `1;5` before the letter: with the control key; `1;3`: with alt.
        let jumps = text.hasSuffix(";5") || text.hasSuffix(";3")
        switch final {
        case UInt8(ascii: "C") where jumps: return .wordRight
        case UInt8(ascii: "D") where jumps: return .wordLeft
        case UInt8(ascii: "~"):
            switch text {
            case "1", "7": return .home
            case "4", "8": return .end
            case "3": return .delete
            default: return .unknown
            }
        default: return shifted(final)
        }
    }

    private static func shifted(_ final: UInt8) -> Key {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "M"): .enter
        default: .unknown
        }
    }
}
