internal import PhoenixKit

let linesOnly = SerializerCapabilities(emits: [.text, .binary], accepts: [.text], isLineBatchable: true)
let mapsOnly = SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false)

/// A request for a connection of V2, changed by `adjust`.
func request(
    _ url: String = "http://example.test/socket/longpoll?vsn=2.0.0",
    adjust: (inout ConnectionRequest) -> Void = { _ in }
) throws -> ConnectionRequest {
    var request = ConnectionRequest(url: try Endpoint(url), serializer: linesOnly, proxy: .none)
    adjust(&request)
    return request
}

/// A server's answer that opens a session.
let opened = #"{"messages":[],"status":410,"token":"T1"}"#
/// A server's answer to a POST.
let accepted = #"{"status":200}"#
/// A server's answer to a poll that brought nothing.
let nothing = #"{"messages":[],"status":204,"token":"T1"}"#
/// A server's answer when it knows the session no more.
let gone = #"{"messages":[],"status":410,"token":"T2"}"#

/// A server's answer to a poll that brings `messages`, which hold nothing that JSON escapes but quotes.
func messages(_ texts: String...) -> String { messages(texts) }

/// A server's answer to a poll that brings `messages`, as above.
func messages(_ messages: [String]) -> String {
    let list = messages.map {
        "\"" + $0.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }
    return #"{"messages":["# + list.joined(separator: ",") + #"],"status":200,"token":"T1"}"#
}

extension Optional where Wrapped == InboundEvent {
    /// The texts of the frames; nil for anything else.
    var texts: [String]? {
        if case .frames(let batch)? = self { batch.frames.map(\.bytes.text) } else { nil }
    }

    /// The close; nil for anything else.
    var close: ConnectionClose? {
        if case .closed(let close)? = self { close } else { nil }
    }
}

extension Connection {
    /// A call of `next` that goes on beside the test.
    func reading() -> Task<InboundEvent?, any Error> {
        Task { try await inbound.next() }
    }

    /// A write that goes on beside the test.
    func writing(_ texts: String...) -> Task<Void, any Error> {
        Task { try await outbound.write(texts.map { .text($0) }) }
    }
}
