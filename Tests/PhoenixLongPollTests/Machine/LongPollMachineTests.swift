internal import PhoenixKit
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("Long-poll machine", .timeLimit(.minutes(1)))
struct LongPollMachineTests {
    @Test("the server is asked only when the reader pulls, and one poll is on its way at most")
    func pulls() throws {
        var run = try Transcript()
        #expect(try run.run(.pulled, at: 1) == ["poll 1 until 31"])
        #expect(try run.run(.pulled, at: 2) == [])
        #expect(try run.run(.pollAnswered(1, messages("[1]", "[2]")), at: 3) == ["deliver [1] [2] of 3"])
        #expect(try run.run(.pulled, at: 9) == ["poll 2 until 39"])
    }

    @Test("a poll that brings nothing is followed by the next, unless the reader went away")
    func nothingNew() throws {
        var run = try Transcript()
        #expect(try run.run(.pulled, at: 0) == ["poll 1 until 30"])
        #expect(try run.run(.pollAnswered(1, nothing), at: 10) == ["poll 2 until 30"])
        #expect(try run.run(.pollAnswered(2, messages()), at: 11) == ["poll 3 until 31"])
        #expect(try run.run(.pullCancelled, at: 12) == [])
        #expect(try run.run(.pollAnswered(3, nothing), at: 21) == [])
        #expect(try run.run(.pulled, at: 22) == ["poll 4 until 42"])
    }

    @Test("a reader that goes away leaves its poll alone, and the next reader gets its answer")
    func keepsThePoll() throws {
        var run = try Transcript()
        #expect(try run.run(.pulled, at: 0) == ["poll 1 until 30"])
        #expect(try run.run(.pullCancelled, at: 1) == [])
        #expect(try run.run(.pulled, at: 2) == [])
        #expect(try run.run(.pollAnswered(1, messages("[1]")), at: 3) == ["deliver [1] of 3"])
    }

    @Test("the deadline of polls and POSTs follows the window that the server shows")
    func followsTheWindow() throws {
        var run = try Transcript(.init(pollDeadline: .seconds(40)))
        #expect(try run.run(.written(["[0]"]), at: 0) == ["post 1 until 40: [0]"])
        #expect(try run.run(.postAnswered(1, accepted), at: 0) == [])
        #expect(try run.run(.pulled, at: 0) == ["poll 2 until 40"])
        #expect(try run.run(.pollAnswered(2, nothing), at: 10) == ["poll 3 until 30"])
        #expect(try run.run(.written(["[1]"]), at: 10) == ["post 4 until 30: [1]"])
        // An answer with messages says nothing about the window.
        #expect(try run.run(.pollAnswered(3, messages("[1]")), at: 29) == ["deliver [1] of 29"])
        #expect(try run.run(.pulled, at: 30) == ["poll 5 until 50"])
        #expect(try run.run(.pollAnswered(5, nothing), at: 48) == ["poll 6 until 80"])
    }

    @Test("one POST is on its way at most, and what is written meanwhile goes together, in order")
    func batches() throws {
        var run = try Transcript()
        #expect(try run.run(.written(["[1]"]), at: 0) == ["post 1 until 30: [1]"])
        #expect(try run.run(.written(["[2]", "[3]"]), at: 1) == [])
        #expect(try run.run(.written(["[4]"]), at: 2) == [])
        #expect(try run.run(.postAnswered(1, accepted), at: 3) == ["post 2 until 33: [2] [3] [4]"])
        #expect(try run.run(.postAnswered(2, accepted), at: 4) == [])
        #expect(try run.run(.written([]), at: 5) == [])
    }

    @Test("writers wait for room until enough has been acknowledged")
    func room() throws {
        var run = try Transcript(limits: ConnectionLimits(writeBuffer: 6))
        #expect(try run.run(.written(["[1]", "[2]"]), at: 0) == ["post 1 until 30: [1] [2]"])
        #expect(run.machine.hasRoom)
        #expect(try run.run(.written(["[3]"]), at: 0) == [])
        #expect(!run.machine.hasRoom)
        #expect(try run.run(.postAnswered(1, accepted), at: 1) == ["make room", "post 2 until 31: [3]"])
    }

    @Test("the token goes into the query and the header, or into the header alone; a new one is taken up")
    func token() throws {
        var run = try Transcript()
        _ = try run.run(.pulled, at: 0)
        _ = try run.run(.written(["[1]"]), at: 0)
        _ = try run.run(.pollAnswered(1, #"{"status":204,"token":"T+9","messages":[]}"#), at: 1)
        #expect(
            (run.polls + run.posts).map { $0.url.requestTarget } == [
                "/socket/longpoll?vsn=2.0.0&token=T1", "/socket/longpoll?vsn=2.0.0&token=T%2B9",
                "/socket/longpoll?vsn=2.0.0&token=T1",
            ]
        )
        #expect(
            run.polls[1].headers == [
                HeaderField("accept", "application/json"), HeaderField("x-phoenix-longpoll-token", "T+9"),
            ]
        )
        var quiet = try Transcript(.init(tokenPlace: .header))
        _ = try quiet.run(.pulled, at: 0)
        #expect(quiet.polls.map { $0.url.requestTarget } == ["/socket/longpoll?vsn=2.0.0"])
        #expect(quiet.polls[0].headers.last == HeaderField("x-phoenix-longpoll-token", "T1"))
    }

    // MARK: The end

    @Test("B24: 410 ends the connection, although it brings the token of a new session")
    func sessionGone() throws {
        var run = try Transcript()
        _ = try run.run(.pulled, at: 0)
        _ = try run.run(.written(["[1]"]), at: 0)
        #expect(
            try run.run(.pollAnswered(1, gone), at: 1) == ["closed - The server's long-poll session is gone."]
        )
        #expect(try run.run(.pulled, at: 2) == [])
        #expect(try run.run(.written(["[2]"]), at: 2) == [])
        #expect(try run.run(.postAnswered(2, accepted), at: 3) == [])
    }

    @Test("B21: a poll that failed or took too long ends the session, and its late answer reaches nobody")
    func lostPoll() throws {
        for (event, words) in [
            (Transcript.Event.pollExpired(1), "failed timeout"), (.pollFailed(1), "failed unreachable"),
            (.pollAnswered(1, "<html></html>"), "failed transportProtocol"),
            (.pollAnswered(1, "", status: 502), "failed transportProtocol"),
            (.pollAnswered(1, #"{"status":500}"#), "failed transportProtocol"),
            (.pollAnswered(1, #"{"status":403}"#), "failed upgradeRefused"),
            (
                .pollAnswered(1, #"{"errors":{"detail":"Internal Server Error"}}"#, status: 500),
                "failed transportProtocol"
            ),
        ] {
            var run = try Transcript()
            _ = try run.run(.pulled, at: 0)
            #expect(try run.run(event, at: 30) == [words])
            #expect(run.machine.hasEnded)
            #expect(try run.run(.pulled, at: 31) == [])
            #expect(try run.run(.pollAnswered(1, messages("[1]")), at: 31) == [])
            #expect(try run.run(.pollAnswered(1, nothing), at: 31) == [])
            #expect(try run.run(.written(["[1]"]), at: 31) == [])
            #expect(run.polls.count == 1 && run.posts.isEmpty)
        }
    }

    @Test("B22: a POST that is never answered ends the connection, and nothing is left waiting behind it")
    func stuckPost() throws {
        var run = try Transcript()
        _ = try run.run(.pulled, at: 0)
        #expect(try run.run(.written(["[1]"]), at: 0) == ["post 2 until 30: [1]"])
        #expect(try run.run(.written(["[2]"]), at: 1) == [])
        #expect(try run.run(.postExpired(2), at: 30) == ["failed timeout, uncertain"])
        #expect(run.machine.hasEnded && !run.machine.isOpen)
        #expect(try run.run(.postAnswered(2, accepted), at: 31) == [])
    }

    @Test("the passing of time ends what is on its way at its deadline, and not before")
    func timePassed() throws {
        var run = try Transcript()
        #expect(run.machine.nextDeadline == nil)
        #expect(try run.run(.timePassed, at: 100) == [])
        #expect(try run.run(.written(["[1]"]), at: 100) == ["post 1 until 130: [1]"])
        #expect(try run.run(.pulled, at: 101) == ["poll 2 until 131"])
        #expect(run.machine.nextDeadline == Timestamp(nanoseconds: 130_000_000_000))
        #expect(try run.run(.timePassed, at: 129) == [])
        #expect(try run.run(.postAnswered(1, accepted), at: 129) == [])
        #expect(run.machine.nextDeadline == Timestamp(nanoseconds: 131_000_000_000))
        #expect(try run.run(.timePassed, at: 130) == [])
        #expect(try run.run(.written(["[2]"]), at: 130) == ["post 3 until 160: [2]"])
        #expect(run.machine.nextDeadline == Timestamp(nanoseconds: 131_000_000_000))
        #expect(try run.run(.timePassed, at: 131) == ["failed timeout"])
        #expect(run.machine.nextDeadline == nil)

        var late = try Transcript()
        _ = try late.run(.pulled, at: 0)
        _ = try late.run(.written(["[1]"]), at: 0)
        #expect(try late.run(.timePassed, at: 30) == ["failed timeout, uncertain"])
        #expect(try late.run(.timePassed, at: 31) == [])
    }

    @Test("B25: whatever becomes of a POST, it is not sent again, and the error says that it may have been handled")
    func lostPost() throws {
        for (event, words) in [
            (Transcript.Event.postExpired(1), "failed timeout, uncertain"),
            (.postFailed(1), "failed unreachable, uncertain"),
            (.postAnswered(1, #"{"status":408}"#), "failed timeout, uncertain"),
            (.postAnswered(1, #"{"status":410}"#), "failed disconnected, uncertain"),
            (.postAnswered(1, #"{"status":500}"#), "failed transportProtocol, uncertain"),
            (.postAnswered(1, "", status: 500), "failed transportProtocol, uncertain"),
            (.postAnswered(1, "", status: 413), "failed transportProtocol, uncertain"),
            (.postAnswered(1, "<html></html>"), "failed transportProtocol, uncertain"),
        ] {
            var run = try Transcript()
            #expect(try run.run(.written(["[1]"]), at: 0) == ["post 1 until 30: [1]"])
            #expect(try run.run(event, at: 5) == [words])
            #expect(try run.run(.written(["[2]"]), at: 6) == [])
            #expect(try run.run(.pulled, at: 6) == [])
            #expect(run.posts.count == 1)
        }
    }

    @Test("what was written before a close goes out first, then the connection is closed by us")
    func closes() throws {
        var run = try Transcript()
        _ = try run.run(.pulled, at: 0)
        _ = try run.run(.written(["[1]"]), at: 0)
        _ = try run.run(.written(["[2]"]), at: 0)
        #expect(try run.run(.closed, at: 1) == ["watch closing until 6"])
        #expect(try run.run(.closed, at: 1) == [])
        #expect(try run.run(.written(["[3]"]), at: 1) == [])
        #expect(try run.run(.pollAnswered(1, messages("[9]")), at: 2) == ["deliver [9] of 2"])
        #expect(try run.run(.pulled, at: 2) == [])
        #expect(try run.run(.postAnswered(2, accepted), at: 2) == ["post 3 until 32: [2]"])
        #expect(try run.run(.postAnswered(3, accepted), at: 3) == ["closed by us 1000 bye"])
        #expect(try run.run(.closingExpired, at: 6) == [])
    }

    @Test("a close with nothing to send is over at once, and one that takes too long is over all the same")
    func closesAnyway() throws {
        var run = try Transcript()
        _ = try run.run(.pulled, at: 0)
        #expect(try run.run(.closed, at: 1) == ["closed by us 1000 bye"])
        var slow = try Transcript()
        _ = try slow.run(.written(["[1]"]), at: 0)
        _ = try slow.run(.closed, at: 0)
        #expect(try slow.run(.closingExpired, at: 5) == ["closed by us, not clean 1000 bye"])
        var given = try Transcript()
        _ = try given.run(.written(["[1]"]), at: 0)
        #expect(try given.run(.abandoned, at: 0) == ["closed by us, not clean - "])
    }

    @Test("answers to exchanges that are not on their way concern nobody")
    func strangers() throws {
        var run = try Transcript()
        _ = try run.run(.pulled, at: 0)
        _ = try run.run(.written(["[1]"]), at: 0)
        for number: UInt64 in [0, 2, 3] {
            #expect(try run.run(.pollAnswered(number, gone), at: 1) == [])
            #expect(try run.run(.pollExpired(number), at: 1) == [])
            #expect(try run.run(.pollFailed(number), at: 1) == [])
        }
        for number: UInt64 in [0, 1, 3] {
            #expect(try run.run(.postAnswered(number, gone), at: 1) == [])
            #expect(try run.run(.postExpired(number), at: 1) == [])
            #expect(try run.run(.postFailed(number), at: 1) == [])
        }
        #expect(run.machine.isOpen)
    }

    // MARK: Any order of events

    @Test(
        "whatever happens in whatever order: order is kept, nothing is sent twice, nothing follows the end",
        arguments: 0..<20
    )
    func anyOrder(_ round: Int) throws {
        for game in 0..<40 {
            var generator = SeededGenerator.forTests(UInt64(round * 1_000 + game))
            var run = try Transcript(limits: ConnectionLimits(writeBuffer: 20))
            var (written, received, brought): ([String], [String], [String]) = ([], [], [])
            var (poll, post): (UInt64?, UInt64?) = (nil, nil)
            var (isOver, isClosing, second, last) = (false, false, 0, 0)
            for _ in 0..<200 {
                second += Int.random(in: 0...3, using: &generator)
                last += 1
                let event: Transcript.Event
                switch Int.random(in: 0..<100, using: &generator) {
                case 0..<25: event = .pulled
                case 25..<30: event = .pullCancelled
                case 30..<50:
                    let texts = (0..<Int.random(in: 1...3, using: &generator)).map { "[\(last).\($0)]" }
                    event = .written(texts)
                    if !isOver, !isClosing { written += texts }
                case 50..<70 where poll != nil:
                    let texts = (0..<Int.random(in: 0...2, using: &generator)).map { "[\(last).\($0)]" }
                    event = .pollAnswered(poll ?? 0, Self.answer(texts))
                    if !isOver { brought += texts }
                case 70..<90 where post != nil: event = .postAnswered(post ?? 0, accepted)
                case 90: event = .closed
                case 91: event = .pollExpired(poll ?? 99_999)
                case 92: event = .postExpired(post ?? 99_999)
                case 93: event = .postAnswered(post ?? 99_999, #"{"status":408}"#)
                case 94: event = .pollAnswered(poll ?? 99_999, gone)
                case 95: event = .closingExpired
                default: event = .pollAnswered(99_999, Self.answer(["[never]"]))
                }
                if case .pollAnswered(poll, _, _) = event, !isOver { poll = nil }
                if case .postAnswered(post, _, _) = event, !isOver { post = nil }
                for order in try run.run(event, at: second) {
                    #expect(!isOver, "\(order) after the end")
                    let words = order.split(separator: " ")
                    switch words[0] {
                    case "poll":
                        #expect(poll == nil)
                        poll = UInt64(words[1])
                    case "post":
                        #expect(post == nil)
                        post = UInt64(words[1])
                    case "deliver": received += words[1...].prefix { $0 != "of" }.map(String.init)
                    case "closed", "failed": isOver = true
                    default: break
                    }
                }
                if case .closed = event { isClosing = true }
            }
            let sent = run.posts.flatMap { $0.body.text.split(separator: "\n").map(String.init) }
            #expect(sent == Array(written.prefix(sent.count)))
            #expect(received == brought)
        }
    }

    private static func answer(_ texts: [String]) -> String {
        #"{"messages":["# + texts.map { "\"\($0)\"" }.joined(separator: ",") + #"],"status":200}"#
    }
}
