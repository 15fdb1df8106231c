import Foundation
import PhoenixJSON

@testable import PhoenixKit

/// One WebSocket connection of a recording: what the real client and the real server sent, in order.
struct RecordedSession {
    enum Entry {
        case client(Frame)
        case server(Frame)
        case clientClose(UInt16?)
        /// A close frame that is no answer to the client's.
        case serverClose(UInt16?)
        case end
        /// A compressed frame, which needs an extension to be read.
        case compressed
    }

    let name: String
    /// The path and the query of the handshake.
    let target: String
    /// The status of the answer to the handshake.
    let status: Int
    var entries: [Entry] = []

    /// The serializer that the server chose by `vsn`; V1 when there is none.
    var serializer: JSONSerializer {
        let endpoint = Endpoint(
            scheme: "ws",
            host: "h",
            path: "",
            query: target.split(separator: "?").last.map(String.init)
        )
        return endpoint.queryItems.last { $0.name == "vsn" }?.value.hasPrefix("2") == true ? .v2 : .v1
    }
}

/// The recordings of a real Phoenix server, in `Tests/Recordings`.
enum Recording {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Recordings")

    /// All recordings with WebSocket connections, by name.
    static var names: [String] {
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".json") && !$0.contains("lp_") && $0 != "INDEX.json" }
            .map { String($0.dropLast(5)) }
            .sorted()
    }

    static func sessions(of name: String) throws -> [RecordedSession] {
        let data = try Data(contentsOf: folder.appending(path: name + ".json"))
        var sessions: [RecordedSession] = []
        /// Where the present session of a connection stands in `sessions`.
        var open: [String: Int] = [:]
        var pending: [String: String] = [:]
        for entry in try JSONFormat().value(of: Bytes([UInt8](data))).array ?? [] {
            let connection = entry["conn"]?.string ?? open.keys.sorted().first ?? ""
            let isClient = entry["dir"]?.string == "client"
            func begin(_ status: Int) {
                guard let target = pending.removeValue(forKey: connection) else { return }
                let count = sessions.count { $0.name == connection || $0.name.hasPrefix(connection + "#") }
                open[connection] = sessions.count
                sessions.append(
                    RecordedSession(
                        name: count == 0 ? connection : "\(connection)#\(count)",
                        target: target,
                        status: status
                    )
                )
            }
            func isClosedByClient(_ connection: String) -> Bool {
                open[connection].map { index in
                    sessions[index].entries.contains { if case .clientClose = $0 { true } else { false } }
                } ?? false
            }
            func add(_ new: RecordedSession.Entry) {
                if let index = open[connection] { sessions[index].entries.append(new) }
            }
            switch (entry["kind"]?.string ?? "", isClient) {
            case ("http", true):
                if let url = entry["http"]?["url"]?.string, url.contains("/websocket"),
                    entry["http"]?["method"]?.string == "GET"
                {
                    pending[connection] = url
                }
            case ("http", false): begin(Int(entry["http"]?["status"]?.integer ?? 0))
            case ("raw", true):
                pending[connection] = entry["text"]?.string?.split(separator: " ").dropFirst().first.map(String.init)
            case ("raw", false):
                let head = entry["text"]?.string ?? ""
                if head.hasPrefix("HTTP/1.1 ") { begin(Int(head.dropFirst(9).prefix(3)) ?? 0) }
            case ("text", _):
                let frame = Frame.text(entry["text"]?.string ?? "")
                add(isClient ? .client(frame) : .server(frame))
            case ("binary", _):
                let bytes = Data(base64Encoded: entry["base64"]?.string ?? "").map { Bytes([UInt8]($0)) } ?? Bytes()
                add(isClient ? .client(.binary(bytes)) : .server(.binary(bytes)))
            case ("close", true): add(.clientClose(entry["code"]?.integer.map { UInt16($0) }))
            case ("close", false) where entry["note"] == nil && !isClosedByClient(connection):
                add(.serverClose(entry["code"]?.integer.map { UInt16($0) }))
            case ("eof", _): add(.end)
            case ("frame", _):
                guard let new = rawFrame(entry["hex"]?.string ?? "", isClient: isClient) else { break }
                if case .serverClose = new, isClosedByClient(connection) { break }
                add(new)
            default: break
            }
        }
        return sessions.map(joinFragments).map(closeLast)
    }

    /// Reads one frame as it was on the wire (masking keys are zero in the recordings).
    private static func rawFrame(_ hex: String, isClient: Bool) -> RecordedSession.Entry? {
        let bytes = stride(from: 0, to: hex.count - 1, by: 2).compactMap { offset -> UInt8? in
            let start = hex.index(hex.startIndex, offsetBy: offset)
            return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)
        }
        guard bytes.count >= 2 else { return nil }
        let (opcode, isMasked) = (bytes[0] & 15, bytes[1] & 128 != 0)
        let lengthBytes = bytes[1] & 127 == 126 ? 2 : 0
        let payload = Array(bytes.dropFirst(2 + lengthBytes + (isMasked ? 4 : 0)))
        if bytes[0] & 64 != 0 { return .compressed }
        switch opcode {
        case 8:
            let code = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
            return isClient ? .clientClose(code) : .serverClose(code)
        case 0...2:
            // What is no whole text message yet is marked as binary, for `joinFragments`.
            let isWhole = bytes[0] & 128 != 0 && opcode == 1
            let frame = Frame(kind: isWhole ? .text : .binary, bytes: Bytes(payload))
            return isClient ? .client(frame) : .server(frame)
        default: return nil
        }
    }

    /// Some clients closed without waiting for what they had asked for.
    ///
    /// The replay asks for everything first.
    private static func closeLast(_ session: RecordedSession) -> RecordedSession {
        var copy = session
        let index = session.entries.firstIndex { if case .clientClose = $0 { true } else { false } }
        if let index { copy.entries.append(copy.entries.remove(at: index)) }
        return copy
    }

    private static func joinFragments(_ session: RecordedSession) -> RecordedSession {
        guard session.name == "raw" else { return session }
        var copy = session
        var parts: [UInt8] = []
        copy.entries = session.entries.compactMap { entry in
            guard case .client(let frame) = entry, frame.kind == .binary else { return entry }
            parts += frame.bytes
            guard parts.last == UInt8(ascii: "]") else { return nil }
            return .client(.text(Bytes(parts)))
        }
        return copy
    }
}
