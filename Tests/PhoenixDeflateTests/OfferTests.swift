import PhoenixKit
import Testing

@testable import PhoenixDeflate

@Suite("The offer")
struct OfferTests {
    private func offer(_ change: (inout PermessageDeflate.Configuration) -> Void) -> String {
        var configuration = PermessageDeflate.Configuration()
        change(&configuration)
        return PermessageDeflate(configuration).offer
    }

    @Test("by default the client offers to limit its window, as browsers do")
    func defaults() {
        #expect(PermessageDeflate().offer == "permessage-deflate; client_max_window_bits")
        #expect(PermessageDeflate().name == "permessage-deflate")
    }

    @Test("what is configured is asked for")
    func configured() {
        #expect(offer { $0.clientMaxWindowBits = nil } == "permessage-deflate")
        #expect(offer { $0.clientMaxWindowBits = .ten } == "permessage-deflate; client_max_window_bits=10")
        let all = offer {
            $0.serverNoContextTakeover = true
            $0.clientNoContextTakeover = true
            $0.serverMaxWindowBits = .eight
            $0.clientMaxWindowBits = .eight
        }
        #expect(
            all == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                + "server_max_window_bits=8; client_max_window_bits=8"
        )
    }
}

@Suite("The extension header")
struct ExtensionHeaderTests {
    @Test(
        "its grammar is RFC 6455's",
        arguments: [
            ("", []),
            (" , ,", []),
            ("a", [ExtensionHeader(name: "a", parameters: [])]),
            ("a,b", [ExtensionHeader(name: "a", parameters: []), ExtensionHeader(name: "b", parameters: [])]),
            (
                "a ; x = 1 ;\ty , b;z=\"q\"",
                [
                    ExtensionHeader(name: "a", parameters: [.init(name: "x", value: "1"), .init(name: "y")]),
                    ExtensionHeader(name: "b", parameters: [.init(name: "z", value: "q")]),
                ]
            ),
            ("a;x=\"1\\0\"", [ExtensionHeader(name: "a", parameters: [.init(name: "x", value: "10")])]),
        ]
    )
    func read(_ text: String, _ expected: [ExtensionHeader]) {
        #expect(ExtensionHeader.read(text) == expected)
    }

    @Test(
        "anything else is refused",
        arguments: [
            ";", "a;", "a;;b", "a;=1", "a;x=", "a;x=,b", "a b", "a;x y", "a;x=1 2", "a;x=\"1", "a;x=\"", "a;x=\"\"",
            "a;x=\"1,2\"", "a;x=\"1 2\"", "a;x=\"\\", "a;x=\"1\\\"\"", "ä", "a;x=\"ä\"", "a;x=\u{0}", "=", "\"a\"",
        ]
    )
    func refused(_ text: String) {
        #expect(ExtensionHeader.read(text) == nil)
    }
}
