import PhoenixKit
import Testing

@testable import phx

@Suite("The console's view")
struct LiveViewTests {
    private let view = LiveView(style: Style(isColoured: false))

    private func reading(at seconds: Int, received: Int = 0, roundTrip: Duration? = nil) -> SocketReading {
        var reading = SocketReading(
            url: "ws://server.test/socket/websocket",
            state: .connected,
            transport: "websocket",
            moment: Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000)
        )
        reading.received = received
        reading.bytesReceived = received * 100
        reading.roundTrip = roundTrip
        reading.channels = [
            SocketReading.Channel(topic: "room:1", state: .joined, received: received, present: ["ada", "bob"]),
            SocketReading.Channel(topic: "nope:1", state: .closed, problem: "error: unmatched topic"),
        ]
        return reading
    }

    private func history() -> History {
        var history = History(from: reading(at: 0))
        history.take(reading(at: 2, received: 10, roundTrip: .milliseconds(4)))
        history.take(reading(at: 4, received: 50, roundTrip: nil))
        history.take(reading(at: 5, received: 1_050, roundTrip: .milliseconds(8)))
        return history
    }

    @Test("rates are differences over the time between two looks, for the socket and for each channel")
    func rates() {
        #expect(history().receivedPerSecond == [5, 20, 1_000])
        #expect(history().channelRates == ["room:1": 1_000, "nope:1": 0])
        #expect(history().roundTrips == [.milliseconds(4), nil, .milliseconds(8)])
    }

    @Test("no more is remembered than there is a bound for")
    func bound() {
        var history = History(from: reading(at: 0))
        for second in 1...1_000 { history.take(reading(at: second)) }
        #expect(history.receivedPerSecond.count == History.length)
        #expect(history.roundTrips.count == History.length)
    }

    @Test("a page shows the socket, its curves and its channels, and ends with how to quit")
    func page() {
        let lines = view.page([history()], notes: ["something happened"], columns: 100, rows: 20)
        #expect(lines.count == 20)
        #expect(lines[0] == "● connected     ws://server.test/socket/websocket  over websocket")
        #expect(lines[1].hasPrefix("  in            1000.0/s  ▁▁█ "))
        #expect(lines[1].contains("1,050 messages, 105.0 kB"))
        #expect(lines[3].contains("round trip   8.00 ms    ▅×█"))
        #expect(lines[3].contains("4.00 ms to 8.00 ms"))
        #expect(lines.contains("  room:1   joined        1,050   1000.0  2  ada, bob"))
        #expect(lines.contains("  nope:1   closed            0      0.0  error: unmatched topic"))
        #expect(lines[18] == "something happened")
        #expect(lines[19] == "q quits")
    }

    @Test(
        "a page never has more columns or rows than the terminal, and counts the channels that find no room",
        arguments: [1, 7, 20, 40, 80, 200],
        [1, 2, 5, 9, 12, 24, 60]
    )
    func sizes(columns: Int, rows: Int) {
        var wide = history().last
        wide.channels = (0..<40).map { SocketReading.Channel(topic: "日本 room:\($0)", state: .joined) }
        wide.problem = String(repeating: "long ", count: 100)
        var other = history()
        other.take(wide)
        let lines = view.page([history(), other], notes: ["a", "b", "c"], columns: columns, rows: rows)
        #expect(lines.count == rows)
        for line in lines { #expect(line.columns <= columns, "\(line)") }
        if columns >= 80, rows == 24 {
            #expect(lines.count { $0.hasPrefix("  channel ") } == 2)
            #expect(lines.contains("  and 38 more"))
        }
    }

    @Test("what a server sends cannot move the cursor")
    func hostile() {
        var reading = history().last
        reading.channels = [
            SocketReading.Channel(topic: "a\u{1B}[2J", state: .joined, present: ["b\r\u{1B}[H", "c\n"])
        ]
        var history = history()
        history.take(reading)
        let text = view.page([history], notes: [], columns: 200, rows: 20).joined()
        #expect(!text.contains("\u{1B}") && !text.contains("\r") && !text.contains("\n"))
        #expect(!view.line(history, time: "").contains("\u{1B}"))
    }

    @Test("a look is a line for people, or an object with the same keys each time")
    func lines() throws {
        let line = view.line(history(), time: "12:00:00.000")
        #expect(
            line.hasPrefix(
                "12:00:00.000  connected   websocket  in 1000.0/s  out 0.0/s  round trip 8.00 ms  joined 1/2  present 2"
            )
        )
        #expect(line.hasSuffix("ws://server.test/socket/websocket  nope:1: error: unmatched topic"))
        let json = try LiveJSON(history()).line
        for part in [
            #""state":"connected""#, #""problem":null"#, #""received":1050"#, #""received_per_second":1000.0"#,
            #""round_trip_ms":8.0"#, #""present":["ada","bob"]"#, #""reconnects":0"#,
            #"{"topic":"nope:1","state":"closed","problem":"error: unmatched topic","received":0,"present":null}"#,
        ] { #expect(json.contains(part), "\(part) in \(json)") }
    }

    @Test("curves are as high as their values beside the highest, and numbers short")
    func drawing() {
        #expect(Sparkline.drawing([0, 1, 2, 3, 4, 5, 6, 7], columns: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.drawing([0, 1, 2, 3, 4, 5, 6, 7], columns: 2) == "▇█")
        #expect(Sparkline.drawing([0, nil, 0], columns: 9) == "▁×▁")
        #expect(Sparkline.drawing([1], columns: 0) == "")
        #expect(1_234_567.grouped == "1,234,567")
        #expect((-1_000).grouped == "-1,000")
        #expect(999.byteText == "999 B")
        #expect(56_120.byteText == "56.1 kB")
        #expect(999_960.byteText == "1.0 MB")
        #expect(0.05.brief == "0.1")
    }
}
