import Testing

/// The account that the scenarios rest on: it must notice what they are there to notice.
@Suite("The account of a scenario")
struct AccountTests {
    private func account(_ lines: String...) -> Account {
        var account = Account()
        for line in ["connected websocket", "joined"] + lines { account.take(line) }
        return account
    }

    @Test("is in order when what was answered came once, and the rest at most once")
    func order() {
        let account = account(
            "pushed 1",
            "answered 1",
            "pushed 2",
            "ended 2 disconnected",
            "pushed 3",
            "tick 7",
            "tick 8"
        )
        #expect(account.problems(received: [1]) == [])
        #expect(account.problems(received: [1, 2, 3]) == [])
        #expect(account.isExchanging(1, over: "websocket") && !account.isExchanging(2, over: "websocket"))
        #expect(!account.isExchanging(1, over: "longpoll"))
    }

    @Test("is not when an answer stands for nothing, or for something that came twice")
    func answers() {
        #expect(account("pushed 1", "answered 1").problems(received: []).count == 1)
        #expect(account("pushed 1", "answered 1").problems(received: [1, 1]).count == 2)
        #expect(account("pushed 1", "ended 1 timeout").problems(received: [1, 1]).count == 1)
        #expect(account("pushed 1", "answered 1", "ended 1 timeout").problems(received: [1]).count == 1)
        #expect(account("pushed 1", "answered 1", "answered 1").problems(received: [1]).count == 1)
        #expect(account("pushed 1").problems(received: [2]).count == 1)
    }

    @Test("is not when broadcasts of one join are missing, come twice or out of order; another join begins anew")
    func broadcasts() {
        for ticks in [["tick 1", "tick 3"], ["tick 1", "tick 1"], ["tick 2", "tick 1"]] {
            #expect(account(ticks[0], ticks[1]).problems(received: []).count == 1)
        }
        let again = account("tick 1", "disconnected cut", "connected longpoll", "joined", "tick 9", "tick 10")
        #expect(again.problems(received: []) == [] && again.transports == ["websocket", "longpoll"])
        #expect(account("disconnected cut", "tick 1").problems(received: []).count == 1)
    }
}
