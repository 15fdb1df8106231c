import Phoenix
import Testing

@testable import phx

@Suite("Lines typed into join")
struct JoinLineTests {
    private func push(_ text: String) throws -> String? {
        guard case .push(let event, let content) = try JoinLine(text) else { return nil }
        let payload = try content.encode(in: JSONFormat())
        return "\(event) \(payload.isBinary ? payload.base64 : payload.bytes.text)"
    }

    @Test("an event with or without a payload")
    func events() throws {
        #expect(try push(#"new_msg {"body": "hi there"}"#) == #"new_msg {"body": "hi there"}"#)
        #expect(try push("  ping  ") == "ping {}")
        #expect(try push("number 12 ") == "number 12")
        #expect(try push("/binary blob AP8=") == "blob AP8=")
    }

    @Test("commands and blank lines")
    func commands() throws {
        for (text, isIt) in [("/quit", true), ("/exit", true), ("/help", false), ("", false)] {
            if case .quit = try JoinLine(text) { #expect(isIt) } else { #expect(!isIt) }
        }
        guard case .nothing = try JoinLine(" \t ") else {
            Issue.record("expected nothing")
            return
        }
    }

    @Test(
        "mistakes say what was expected",
        arguments: [
            ("new_msg {body}", Status.badData, "expected a string at byte 1"),
            (#"{"body":1}"#, .badData, "Expected an event before the payload"),
            ("/binary blob", .usage, "/binary event base64"), ("/binary blob ?", .badData, "base64"),
            ("/nope", .usage, "got /nope"), ("e {} x", .badData, "JSON"),
        ]
    )
    func mistakes(text: String, status: Status, part: String) {
        let failure = #expect(throws: Failure.self) { try JoinLine(text) }
        #expect(failure?.status == status)
        #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")")
    }
}
