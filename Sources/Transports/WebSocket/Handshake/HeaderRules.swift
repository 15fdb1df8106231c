internal import PhoenixKit

/// What HTTP headers may look like (RFC 9110 section 5) and how lists in them are read.
enum HeaderRules {
    /// Whether `text` is a token: a name of a header, a subprotocol, an extension.
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether `text` can be the value of a header: no control characters but the tab.
    static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    /// The elements of the comma-separated lists in the headers called `name`, trimmed, empty ones left out.
    ///
    /// Commas inside quoted strings do not count.
    static func list(_ name: String, in headers: [HeaderField]) -> [String] {
        headers.filter { $0.name == name }.flatMap { field -> [String] in
            var elements: [String] = []
            var element = ""
            var isQuoted = false
            var isEscaped = false
            for character in field.value.unicodeScalars {
                if character == ",", !isQuoted {
                    elements.append(element)
                    element = ""
                    continue
                }
                if character == "\"", !isEscaped { isQuoted.toggle() }
                isEscaped = isQuoted && character == "\\" && !isEscaped
                element.unicodeScalars.append(character)
            }
            return (elements + [element]).map { trimmed($0) }.filter { !$0.isEmpty }
        }
    }

    /// `text` without spaces and tabs at its ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        guard let first = text.firstIndex(where: { !isSpace($0) }),
            let last = text.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }
}
