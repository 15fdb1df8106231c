internal import Foundation
internal import PhoenixJSON
internal import PhoenixKit

/// One long-poll session of a recording: what the real client asked and the real server answered, in order.
struct RecordedSession {
    enum Entry {
        /// A request, with the number that its answer bears.
        case request(Int, RecordedRequest)
        case answer(Int, RecordedAnswer)
    }

    let name: String
    var entries: [Entry] = []
}

struct RecordedRequest {
    let method: String
    let target: String
    let headers: [String: String]
    let body: String?
}

struct RecordedAnswer {
    let status: Int
    let headers: [HeaderField]
    let body: String
}

/// The long-poll recordings of a real Phoenix server, in `Tests/Recordings`.
enum LongPollRecording {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Recordings")

    static var names: [String] {
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.contains("lp_") && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The sessions of a recording: each begins with a GET that names none the server has opened.
    static func sessions(of name: String) throws -> [RecordedSession] {
        let data = try Data(contentsOf: folder.appending(path: name + ".json"))
        var sessions: [RecordedSession] = []
        var pending: [String: (session: Int, request: Int)] = [:]
        var count = 0
        for entry in try JSONFormat().value(of: Bytes([UInt8](data))).array ?? [] {
            guard entry["kind"]?.string == "http", let http = entry["http"] else { continue }
            let connection = entry["conn"]?.string ?? ""
            let method = http["method"]?.string ?? ""
            if entry["dir"]?.string == "client" {
                let headers = (http["req_headers"]?.object ?? [:]).compactMapValues(\.string)
                let target = http["url"]?.string ?? ""
                let isFirst = !target.contains("token=SFM") && headers["x-phoenix-longpoll-token"] == nil
                if isFirst || sessions.isEmpty {
                    sessions.append(RecordedSession(name: sessions.isEmpty ? name : "\(name)#\(sessions.count)"))
                }
                pending[connection + method] = (sessions.count - 1, count)
                let request = RecordedRequest(
                    method: method,
                    target: target,
                    headers: headers,
                    body: http["body"]?.string
                )
                sessions[sessions.count - 1].entries.append(.request(count, request))
                count += 1
            } else if let (session, number) = pending.removeValue(forKey: connection + method) {
                let headers = (http["resp_headers"]?.object ?? [:]).compactMapValues(\.string)
                let answer = RecordedAnswer(
                    status: http["status"]?.integer.map(Int.init) ?? 0,
                    headers: headers.sorted { $0.key < $1.key }.map { HeaderField($0.key, $0.value) },
                    body: http["resp_body"]?.string ?? ""
                )
                sessions[session].entries.append(.answer(number, answer))
            }
        }
        return sessions
    }
}
