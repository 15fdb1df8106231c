/// One element of `Sec-WebSocket-Extensions`: a name and its parameters in order (RFC 6455 section 9.1).
struct ExtensionHeader: Hashable {
    struct Parameter: Hashable {
        var name: String
        /// Without quotes; nil when there is none.
        var value: String?
    }

    var name: String
    var parameters: [Parameter]

    /// Reads the elements of a header's value.
    ///
    /// Empty elements between commas do not count (RFC 9110 section 5.6.1). A quoted value must be a token once its quotes
    /// and backslashes are off.
    ///
    /// - Returns: nil when the value is not in the grammar of RFC 6455 section 9.1.
    static func read(_ text: String) -> [ExtensionHeader]? {
        var reader = Reader(Array(text.utf8))
        var elements: [ExtensionHeader] = []
        while true {
            reader.skipSpace()
            if reader.isAtEnd { return elements }
            if reader.take(",") { continue }
            guard let element = reader.element() else { return nil }
            elements.append(element)
            reader.skipSpace()
            guard reader.isAtEnd || reader.take(",") else { return nil }
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { index == bytes.count }

        mutating func skipSpace() {
            while !isAtEnd, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard !isAtEnd, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        mutating func element() -> ExtensionHeader? {
            guard let name = token() else { return nil }
            var element = ExtensionHeader(name: name, parameters: [])
            skipSpace()
            while take(";") {
                skipSpace()
                guard let name = token() else { return nil }
                var parameter = Parameter(name: name)
                skipSpace()
                if take("=") {
                    skipSpace()
                    guard let value = take("\"") ? quoted() : token() else { return nil }
                    parameter.value = value
                    skipSpace()
                }
                element.parameters.append(parameter)
            }
            return element
        }

        mutating func token() -> String? {
            let start = index
            while !isAtEnd, Self.isTokenByte(bytes[index]) { index += 1 }
            return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
        }

        /// The rest of a quoted string whose first quote is taken.
        mutating func quoted() -> String? {
            var value: [UInt8] = []
            while !isAtEnd {
                if take("\"") { return value.isEmpty ? nil : String(decoding: value, as: UTF8.self) }
                _ = take("\\")
                guard !isAtEnd, Self.isTokenByte(bytes[index]) else { return nil }
                value.append(bytes[index])
                index += 1
            }
            return nil
        }

        /// Whether a token may hold `byte` (RFC 9110 section 5.6.2).
        static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}
