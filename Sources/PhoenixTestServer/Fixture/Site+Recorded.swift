private import FoundationEssentials
internal import PhoenixKit

extension Site {
    /// The server that the recordings of this project were made from (Phoenix 1.8.12 with Bandit).
    ///
    /// Sockets: `/socket` (open), `/auth` (the parameter `token` or the auth token must be `secret`), `/short` (idle
    /// timeout 2 s, long-poll window 1.5 s), `/ratelimit` (answered 429), `/origin` (only `http://allowed.example`). Each has the channels
    /// `room:*`, which does what the event says, and `presence:*`. `GET /health` answers 200; `POST /admin/broadcast`,
    /// `/admin/broadcast_binary` and `/admin/disconnect` do what their names say.
    public static let recorded = Site { site in
        site.socket("/socket") { socket in
            socket.compresses = true
            socket.onConnect { request in
                request.parameters["reject"] == nil ? .accept(id: socketID(for: request)) : .refuse()
            }
            addChannels(to: &socket)
        }
        site.socket("/auth") { socket in
            socket.readsAuthToken = true
            socket.onConnect { request in
                let token = request.authToken?.revealed ?? request.parameters["token"]?.string
                return token == "secret" ? .accept(id: socketID(for: request)) : .refuse()
            }
            addChannels(to: &socket)
        }
        site.socket("/short") { socket in
            socket.idleTimeout = .after(.seconds(2))
            socket.longPoll = LongPollOptions(window: .milliseconds(1_500), sessionTimeout: .milliseconds(500))
            socket.onConnect { .accept(id: socketID(for: $0)) }
            addChannels(to: &socket)
        }
        site.socket("/ratelimit") { socket in
            socket.onConnect { _ in .refuse(status: 429, body: "Too many requests") }
        }
        site.socket("/origin") { socket in
            socket.allowedOrigins = ["http://allowed.example"]
            socket.onConnect { .accept(id: socketID(for: $0)) }
            addChannels(to: &socket)
        }
        site.page("GET", "/health") { _, _ in .text("ok") }
        RecordedAdmin.add(to: &site)
    }

    private static func addChannels(to socket: inout SocketRoute) {
        socket.channel("room:*") { RecordedRoom.describe(&$0) }
        socket.channel("presence:*") { RecordedPresence.describe(&$0) }
    }

    private static func socketID(for request: ConnectRequest) -> String {
        "sock:" + (request.parameters["id"]?.string ?? randomName())
    }

    private static func randomName() -> String {
        Data((0..<9).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_")
    }
}
