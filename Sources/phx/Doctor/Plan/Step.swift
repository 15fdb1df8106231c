/// One thing that `phx doctor` tries on a route, in this order.
enum Step: String, Sendable, Hashable, Codable, CaseIterable {
    /// Reading which proxy is meant.
    case settings = "proxy"
    /// Finding the addresses of a name.
    case name = "dns"
    /// Connecting to an address.
    case connect = "tcp"
    /// Having the proxy open the way to the server.
    case tunnel
    case tls
    case upgrade
    case heartbeat
    case join
    /// The same upgrade and heartbeat with permessage-deflate.
    case compression
    case longPollOpen = "longpoll-open"
    /// A heartbeat that a POST brings there and a poll brings back.
    case longPollExchange = "longpoll-poll"
    case longPollJoin = "longpoll-join"

    /// What the table calls it.
    var title: String {
        switch self {
        case .settings: "proxy"
        case .name: "DNS"
        case .connect: "TCP"
        case .tunnel: "tunnel"
        case .tls: "TLS"
        case .upgrade: "WebSocket: upgrade"
        case .heartbeat: "WebSocket: heartbeat"
        case .join: "WebSocket: join"
        case .compression: "WebSocket: deflate"
        case .longPollOpen: "long poll: open"
        case .longPollExchange: "long poll: poll"
        case .longPollJoin: "long poll: join"
        }
    }

    /// What a sentence calls it.
    var noun: String {
        switch self {
        case .settings: "the proxy's setting"
        case .name: "DNS"
        case .connect: "TCP"
        case .tunnel: "the tunnel"
        case .tls: "TLS"
        case .upgrade: "the upgrade"
        case .heartbeat: "the heartbeat"
        case .join: "the join"
        case .compression: "permessage-deflate"
        case .longPollOpen: "opening the long poll"
        case .longPollExchange: "the poll"
        case .longPollJoin: "the join over long polling"
        }
    }

    /// The transport that it belongs to; nil for what both need.
    var transport: TransportName? {
        switch self {
        case .settings, .name, .connect, .tunnel, .tls: nil
        case .upgrade, .heartbeat, .join, .compression: .webSocket
        case .longPollOpen, .longPollExchange, .longPollJoin: .longPoll
        }
    }

    /// The width of the longest title.
    static let titleWidth = allCases.map(\.title.count).max() ?? 0
}
