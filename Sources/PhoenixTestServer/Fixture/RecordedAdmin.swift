private import FoundationEssentials
internal import PhoenixJSON
internal import PhoenixKit

/// The pages by which the recorded server is told to broadcast and to disconnect.
enum RecordedAdmin {
    private struct InvalidRequest: Error {}

    static func add(to site: inout Site) {
        site.page("POST", "/admin/broadcast") { request, server in
            let (topic, event, body) = try names(in: request)
            guard let payload = body["payload"] else { throw InvalidRequest() }
            try server.broadcast(topic, event, .payload(payload))
            return .json(#"{"ok":true}"#)
        }
        site.page("POST", "/admin/broadcast_binary") { request, server in
            let (topic, event, body) = try names(in: request)
            guard let text = body["base64"]?.string, let data = Data(base64Encoded: text) else {
                throw InvalidRequest()
            }
            try server.broadcast(topic, event, .binary(Bytes(Array(data))))
            return .json(#"{"ok":true}"#)
        }
        site.page("POST", "/admin/disconnect") { request, server in
            guard let id = request.parameters["id"]?.string else { throw InvalidRequest() }
            server.disconnect(socketID: id)
            return .json(#"{"ok":true}"#)
        }
    }

    private static func names(in request: SiteRequest) throws -> (topic: String, event: String, body: Payload) {
        let body = Payload(request.body, format: JSONFormat())
        guard let topic = body["topic"]?.string, let event = body["event"]?.string else { throw InvalidRequest() }
        return (topic, event, body)
    }
}
