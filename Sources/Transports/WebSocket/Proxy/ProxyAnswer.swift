internal import PhoenixKit

/// Reads a proxy's answer to a request for a tunnel, byte by byte (RFC 9112 sections 2 and 4, RFC 9110 section 9.3.6).
///
/// It ends with the empty line after the headers: what follows a 2xx is the server's, whatever the headers say of
/// lengths. Interim answers (1xx) are passed over. Nothing is kept beyond the limit.
struct ProxyAnswer {
    /// Status and headers of the final answer.
    struct Head {
        let status: Int
        let headers: [HeaderField]

        /// Whether the tunnel is open.
        var isOpen: Bool { (200..<300).contains(status) }
    }

    private static let prefix = Array("HTTP/1.".utf8)

    private let request: TunnelRequest
    private let limit: Int
    private var count = 0
    private var line: [UInt8] = []
    private var status: Int?
    private var headers: [HeaderField] = []

    init(to request: TunnelRequest, limit: Int) {
        self.request = request
        self.limit = max(0, limit)
    }

    /// Takes the next byte.
    ///
    /// - Returns: the head, when this byte was its last.
    /// - Throws: `.proxyInvalid` as soon as the bytes cannot become an answer; `.limitExceeded`.
    mutating func received(_ byte: UInt8) throws(PhoenixError) -> Head? {
        count += 1
        guard count <= limit else { throw request.tooLong(limit) }
        guard byte == UInt8(ascii: "\n") else {
            if status == nil, line.count < Self.prefix.count, byte != Self.prefix[line.count] { throw strange(byte) }
            line.append(byte)
            return nil
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { line.removeAll(keepingCapacity: true) }
        guard let status else {
            status = try readStatus()
            return nil
        }
        guard line.isEmpty else {
            headers.append(try readHeader())
            return nil
        }
        // 101 is no interim answer, and none to a CONNECT either.
        guard (100..<200).contains(status), status != 101 else { return Head(status: status, headers: headers) }
        self.status = nil
        headers = []
        return nil
    }

    /// Reads a line such as `HTTP/1.1 200 Connection established`.
    private func readStatus() throws(PhoenixError) -> Int {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].count == 8, UInt8(ascii: "0")...UInt8(ascii: "9") ~= parts[0][7],
            parts[1].count == 3, parts[1].allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let status = Int(String(decoding: parts[1], as: UTF8.self)), status >= 100
        else { throw request.invalid("a status line that is none") }
        return status
    }

    private func readHeader() throws(PhoenixError) -> HeaderField {
        let text = String(decoding: line, as: UTF8.self)
        guard let colon = text.firstIndex(of: ":"), HeaderRules.isToken(text[..<colon]), HeaderRules.isValue(text)
        else {
            throw request.invalid("a header that is none")
        }
        return HeaderField(text[..<colon].lowercased(), HeaderRules.trimmed(text[text.index(after: colon)...]))
    }

    private func strange(_ byte: UInt8) -> PhoenixError {
        // An alert of TLS, or a handshake (RFC 8446 section 5.1).
        request.invalid(
            line.isEmpty && (0x15...0x16).contains(byte) ? "TLS, which is not spoken with proxies" : "another protocol"
        )
    }
}
