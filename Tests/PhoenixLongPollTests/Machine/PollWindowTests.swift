internal import PhoenixKit
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("Poll window")
struct PollWindowTests {
    @Test("until a poll has passed the initial deadline holds, then one and a half windows and 5 s")
    func follows() {
        var window = PollWindow(initial: .seconds(30))
        #expect(window.allowed == .seconds(30))
        window.pollPassed(after: .seconds(10))
        #expect(window.allowed == .seconds(20))
        window.pollPassed(after: .seconds(2))
        #expect(window.allowed == .seconds(20))
        window.pollPassed(after: .seconds(28))
        #expect(window.allowed == .seconds(47))
    }

    @Test("a wait that cannot be is not believed")
    func bounds() {
        var window = PollWindow(initial: .seconds(30))
        window.pollPassed(after: .seconds(-5))
        #expect(window.allowed == .seconds(5))
        window.pollPassed(after: .seconds(1_000_000))
        #expect(window.allowed == .seconds(455))
    }
}
