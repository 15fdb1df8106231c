internal import PhoenixKit

/// The answers of long polling: HTTP 200, and the status of the protocol in a JSON body, its members in the order of
/// Phoenix's.
enum LongPollAnswer {
    static func status(_ status: Int) -> SiteResponse {
        response(Bytes(#"{"status":\#(status)}"#))
    }

    /// An answer to a poll; nil when a message is not UTF-8, where Phoenix raises.
    static func poll(_ status: Int, token: String, messages: [Bytes] = []) -> SiteResponse? {
        var body = Array(#"{"messages":["#.utf8)
        body.reserveCapacity(messages.reduce(token.utf8.count + 64) { $0 + $1.count + $1.count / 8 + 3 })
        for (index, message) in messages.enumerated() {
            guard message.validatedText != nil else { return nil }
            if index > 0 { body.append(UInt8(ascii: ",")) }
            appendString(message, to: &body)
        }
        body += #"],"status":\#(status),"token":"#.utf8
        appendString(Bytes(token), to: &body)
        body.append(UInt8(ascii: "}"))
        return response(Bytes(body))
    }

    private static func response(_ body: Bytes) -> SiteResponse {
        SiteResponse(
            status: 200,
            headers: [
                HeaderField("cache-control", "no-store"), HeaderField("access-control-allow-origin", "*"),
                HeaderField("content-type", "application/json; charset=utf-8"),
            ],
            body: body
        )
    }

    /// Writes a JSON string as Jason does.
    private static func appendString(_ text: Bytes, to body: inout [UInt8]) {
        body.append(UInt8(ascii: "\""))
        text.withUnsafeBytes { bytes in
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): body += [UInt8(ascii: "\\"), byte]
                case 0x20...: body.append(byte)
                case 0x08: body += #"\b"#.utf8
                case 0x09: body += #"\t"#.utf8
                case 0x0A: body += #"\n"#.utf8
                case 0x0C: body += #"\f"#.utf8
                case 0x0D: body += #"\r"#.utf8
                default:
                    body += (byte < 16 ? #"\u000"# : #"\u00"#).utf8
                    body += String(byte, radix: 16, uppercase: true).utf8
                }
            }
        }
        body.append(UInt8(ascii: "\""))
    }
}
