import Phoenix
import Testing

@testable import phx

@Suite("Messages as text")
struct MessageTextTests {
    private func text(_ payload: Payload, _ reference: Reference? = nil, status: String? = nil) -> MessageText {
        MessageText(
            topic: "room:\"1\"",
            event: "new_msg",
            payload: payload,
            reference: reference,
            joinReference: 1,
            status: status
        )
    }

    @Test("JSON holds topic, event, payload, ref and join_ref, and is one line")
    func json() {
        let payload = Payload("{\"a\":\r\n 1}", format: JSONFormat())
        #expect(
            text(payload).json
                == #"{"topic":"room:\"1\"","event":"new_msg","payload":{"a": 1},"ref":null,"join_ref":"1"}"#
        )
    }

    @Test("references keep their type, replies have a status")
    func references() {
        let payload = Payload("null", format: JSONFormat())
        let json = text(payload, Reference(9, quoted: false), status: "ok").json
        #expect(json.contains(#""status":"ok","payload":null,"ref":9,"#))
    }

    @Test("binary data is base64 and says so")
    func binary() {
        let json = text(Payload(binary: [0, 255])).json
        #expect(json.contains(#""payload":"AP8=","binary":true,"#))
    }

    @Test("columns hold nothing that moves the cursor or changes colours")
    func columns() {
        let message = MessageText(
            topic: "a\u{1B}[2J",
            event: "b\u{9B}1m\n",
            payload: Payload("\"\u{202E}x\"", format: JSONFormat())
        )
        #expect(message.columns(Style(isColoured: false)) == "a\\u{1b}[2J  b\\u{9b}1m\\u{a}  \"\\u{202e}x\"")
    }

    @Test("base64 that is none is refused")
    func base64() {
        #expect(Bytes(base64: "AP8=") == [0, 255])
        #expect(Bytes(base64: "AP8") == nil)
        #expect(Bytes(base64: "not base64!") == nil)
    }
}

@Suite("Durations as text")
struct DurationTextTests {
    @Test(
        "three digits and the unit that suits",
        arguments: [
            (Duration.nanoseconds(1_234), "1.23 µs"), (.microseconds(184), "184 µs"), (.microseconds(999), "999 µs"),
            (.nanoseconds(999_700), "1.00 ms"), (.microseconds(2_406), "2.41 ms"), (.milliseconds(12), "12.0 ms"),
            (.milliseconds(999), "999 ms"), (.milliseconds(1_070), "1.07 s"), (.seconds(25), "25.0 s"),
            (.seconds(3_600), "60 min"), (.zero, "0.00 µs"), (.microseconds(-5), "-5.00 µs"),
        ]
    )
    func units(duration: Duration, text: String) {
        #expect(duration.brief == text)
    }
}

@Suite("Colours")
struct StyleTests {
    private func allows(_ isTerminal: Bool, _ environment: [String: String]) -> Bool {
        Style.allowsColour(isTerminal: isTerminal) { environment[$0] }
    }

    @Test("are for terminals that can, and for users who want them")
    func conditions() {
        #expect(allows(true, ["TERM": "xterm"]))
        #expect(!allows(false, ["TERM": "xterm"]))
        #expect(!allows(true, ["TERM": "dumb"]))
        #expect(!allows(true, [:]))
        #expect(!allows(true, ["TERM": "xterm", "NO_COLOR": "1"]))
        #expect(allows(true, ["TERM": "xterm", "NO_COLOR": ""]), "empty counts as unset, says no-color.org")
    }

    @Test("leave the text as it is when there are none")
    func plain() {
        #expect(Style(isColoured: false).red("x") == "x")
        #expect(Style(isColoured: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
    }
}
