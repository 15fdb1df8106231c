import PhoenixKit
import Testing

@testable import PhoenixDeflate

@Suite("The server's answer")
struct AnswerTests {
    private func extending(
        _ client: WindowBits? = .fifteen,
        _ server: WindowBits? = nil,
        serverNoContextTakeover: Bool = false
    ) -> PermessageDeflate {
        PermessageDeflate(
            PermessageDeflate.Configuration(
                clientMaxWindowBits: client,
                serverMaxWindowBits: server,
                serverNoContextTakeover: serverNoContextTakeover
            )
        )
    }

    @Test("none: the connection goes on plain")
    func none() throws {
        #expect(try PermessageDeflate().accept(nil, limits: ConnectionLimits()) == nil)
    }

    @Test("what fits the offer is taken, quoted or not")
    func fitting() throws {
        #expect(try extending().agreement(from: "permessage-deflate") == DeflateAgreement())
        #expect(
            try extending().agreement(from: "permessage-deflate;client_max_window_bits=15")
                == DeflateAgreement(clientMaxWindowBits: .fifteen)
        )
        #expect(
            try extending().agreement(from: "permessage-deflate; client_max_window_bits=\"9\"")
                == DeflateAgreement(clientMaxWindowBits: .nine)
        )
        #expect(
            try extending().agreement(
                from:
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8"
            )
                == DeflateAgreement(
                    serverNoContextTakeover: true,
                    clientNoContextTakeover: true,
                    serverMaxWindowBits: .eight
                )
        )
        #expect(
            try extending(.twelve, .ten).agreement(
                from: "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12"
            ) == DeflateAgreement(serverMaxWindowBits: .ten, clientMaxWindowBits: .twelve)
        )
        #expect(try extending(.twelve).agreement(from: "permessage-deflate") == DeflateAgreement())
        #expect(try extending().accept("permessage-deflate", limits: ConnectionLimits()) is DeflateCodec)
    }

    @Test(
        "what is malformed, unknown, twice or out of range fails the connection",
        arguments: [
            "", "permessage-deflate;", "x-webkit-deflate-frame", "permessage-deflate, permessage-deflate",
            "permessage-deflate; max_inflate_ratio=25", "permessage-deflate; \(String(repeating: "x", count: 20_000))",
            "permessage-deflate; Server_No_Context_Takeover",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
            "permessage-deflate; server_max_window_bits", "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=15; client_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=08", "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=-9", "permessage-deflate; server_max_window_bits=9.0",
            "permessage-deflate; server_max_window_bits=99999999999999999999",
            "permessage-deflate; client_max_window_bits=\"9", "permessage-deflate; client_max_window_bits=0",
            "permessage-deflate; client_max_window_bits=٩",
        ]
    )
    func misfit(_ answer: String) {
        let error = refusal { _ = try extending().accept(answer, limits: ConnectionLimits()) }
        #expect(error?.code == .upgradeInvalid)
        #expect((error?.message.count ?? 0) < 400)
    }

    @Test("a limit on a client that offered none fails the connection")
    func unoffered() {
        let error = refusal { _ = try extending(nil).agreement(from: "permessage-deflate; client_max_window_bits=15") }
        #expect(error?.code == .upgradeInvalid)
        #expect(error?.message.contains("not offered") == true)
    }

    @Test("a larger window than was offered fails the connection, at either end")
    func larger() {
        for answer in ["client_max_window_bits=13; server_max_window_bits=10", "server_max_window_bits=11"] {
            let error = refusal { _ = try extending(.twelve, .ten).agreement(from: "permessage-deflate; \(answer)") }
            #expect(error?.code == .upgradeInvalid)
            #expect(error?.message.contains("more than") == true)
        }
    }

    @Test("a wish that is not answered fails the connection")
    func unanswered() {
        #expect(refusal { _ = try extending(nil, .ten).agreement(from: "permessage-deflate") }?.code == .upgradeInvalid)
        #expect(
            refusal { _ = try extending(serverNoContextTakeover: true).agreement(from: "permessage-deflate") }?.code
                == .upgradeInvalid
        )
    }
}

@Suite("The server's choice")
struct ServerChoiceTests {
    private func choice(
        _ offers: String...,
        configuration: PermessageDeflate.Configuration = PermessageDeflate.Configuration()
    ) throws -> String? {
        try PermessageDeflate(configuration).agreement(onOffers: offers)?.answer()
    }

    @Test("offers are answered as Bandit and Cowboy answer them")
    func answers() throws {
        #expect(try choice("permessage-deflate") == "permessage-deflate")
        #expect(
            try choice("permessage-deflate; client_max_window_bits") == "permessage-deflate; client_max_window_bits=15"
        )
        #expect(
            try choice("permessage-deflate; client_max_window_bits=\"9\"; server_max_window_bits=8")
                == "permessage-deflate; server_max_window_bits=8; client_max_window_bits=9"
        )
        #expect(
            try choice("permessage-deflate; client_no_context_takeover; server_no_context_takeover")
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        )
    }

    @Test("the first offer that is right wins, in whichever header it stands")
    func first() throws {
        #expect(
            try choice(
                "x-other; a=1, permessage-deflate; server_max_window_bits",
                "permessage-deflate; max_inflate_ratio=25, permessage-deflate; server_max_window_bits=10, permessage-deflate"
            ) == "permessage-deflate; server_max_window_bits=10"
        )
        #expect(
            try choice(
                "permessage-deflate; server_max_window_bits=16, permessage-deflate; client_max_window_bits; client_max_window_bits"
            ) == nil
        )
        #expect(try choice("x-webkit-deflate-frame") == nil)
        #expect(try choice() == nil)
    }

    @Test("what is not in the grammar refuses the upgrade")
    func malformed() {
        #expect(refusal { _ = try choice("permessage-deflate; =") }?.code == .upgradeInvalid)
    }

    @Test("a server's own limits hold, as far as the protocol lets it set them")
    func limits() throws {
        let configuration = PermessageDeflate.Configuration(
            clientMaxWindowBits: .ten,
            serverMaxWindowBits: .eleven,
            clientNoContextTakeover: true,
            serverNoContextTakeover: true
        )
        let takeover = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        #expect(
            try choice("permessage-deflate; client_max_window_bits", configuration: configuration)
                == takeover + "server_max_window_bits=11; client_max_window_bits=10"
        )
        #expect(
            try choice(
                "permessage-deflate; client_max_window_bits=9; server_max_window_bits=9",
                configuration: configuration
            ) == takeover + "server_max_window_bits=9; client_max_window_bits=9"
        )
        #expect(
            try choice("permessage-deflate", configuration: configuration) == takeover + "server_max_window_bits=11"
        )
    }

    @Test("whatever the client offers, it accepts what the server answers")
    func agreement() throws {
        let bits: [WindowBits?] = [nil, .eight, .nine, .twelve, .fifteen]
        for client in bits {
            for server in bits {
                for takeovers in 0..<4 {
                    let one = PermessageDeflate(
                        PermessageDeflate.Configuration(
                            clientMaxWindowBits: client,
                            serverMaxWindowBits: server,
                            clientNoContextTakeover: takeovers & 1 != 0,
                            serverNoContextTakeover: takeovers & 2 != 0
                        )
                    )
                    for other in [PermessageDeflate(), one] {
                        let agreement = try #require(try other.agreement(onOffers: [one.offer]))
                        #expect(try one.agreement(from: agreement.answer()) == agreement)
                    }
                }
            }
        }
    }
}
