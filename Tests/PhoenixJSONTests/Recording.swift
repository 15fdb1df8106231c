import Foundation
import PhoenixJSON
import PhoenixKit

/// One message of the recordings, with who received it and what it was sent with.
struct RecordedFrame: CustomStringConvertible {
    var file: String
    var connection: String
    /// Who received it.
    var receiver: Role
    var serializer: JSONSerializer
    var frame: Frame

    var description: String { "\(file), connection \(connection), to the \(receiver): \(frame.bytes.text)" }
}

/// The recordings of a real server beside the tests.
enum Recording {
    /// Every message of every recording: WebSocket messages, and the lines of long-poll requests and answers.
    static let frames: [RecordedFrame] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Recordings")
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".json") && $0 != "INDEX.json" }.sorted().flatMap { name in
            frames(in: name, folder.appendingPathComponent(name))
        }
    }()

    /// The messages of one connection that went to `receiver`.
    static func frames(_ file: String, _ connection: String, to receiver: Role) -> [Frame] {
        frames.filter { $0.file == file && $0.connection == connection && $0.receiver == receiver }.map(\.frame)
    }

    private static func frames(in name: String, _ url: URL) -> [RecordedFrame] {
        guard let data = try? Data(contentsOf: url),
            let entries = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
        else { return [] }
        var serializers: [String: JSONSerializer] = [:]
        var frames: [RecordedFrame] = []
        for entry in entries {
            let connection = entry["conn"] as? String ?? ""
            let receiver: Role = entry["dir"] as? String == "client" ? .server : .client
            func add(_ frame: Frame) {
                // A socket without vsn speaks version 1.
                let serializer = serializers[connection] ?? .v1
                frames.append(
                    RecordedFrame(
                        file: name,
                        connection: connection,
                        receiver: receiver,
                        serializer: serializer,
                        frame: frame
                    )
                )
            }
            switch entry["kind"] as? String {
            case "http":
                guard let http = entry["http"] as? [String: Any] else { continue }
                guard let url = http["url"] as? String, url.contains("/longpoll") || url.contains("/websocket") else {
                    continue
                }
                // Of a vsn given twice the server takes the last.
                serializers[connection] = url.components(separatedBy: "vsn=").dropFirst().last?.first == "2" ? .v2 : .v1
                for line in lines(of: http) { add(line) }
            case "text":
                if let text = entry["text"] as? String { add(.text(text)) }
            case "binary":
                if let text = entry["base64"] as? String, let data = Data(base64Encoded: text) {
                    add(.binary(Bytes(Array(data))))
                }
            default:
                continue
            }
        }
        return frames
    }

    /// The messages in a long-poll request or answer.
    private static func lines(of http: [String: Any]) -> [Frame] {
        if let body = http["body"] as? String, !body.hasPrefix("(") {
            return body.split(separator: "\n").compactMap { line in
                if line.hasPrefix("[") || line.hasPrefix("{") { return .text(String(line)) }
                return Data(base64Encoded: String(line)).map { .binary(Bytes(Array($0))) }
            }
        }
        guard let body = http["resp_body"] as? String,
            let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any],
            let messages = object["messages"] as? [Any]
        else { return [] }
        return messages.compactMap { message in
            if let text = message as? String { return text.hasPrefix("[") || text.hasPrefix("{") ? .text(text) : nil }
            guard let data = try? JSONSerialization.data(withJSONObject: message, options: .withoutEscapingSlashes)
            else {
                return nil
            }
            return .text(Bytes(Array(data)))
        }
    }
}
