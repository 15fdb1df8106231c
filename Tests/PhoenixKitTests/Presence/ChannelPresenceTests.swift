import PhoenixJSON
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// The scenarios of phoenix.js's `presence_test.js` about an instance, as they are here.
@Suite("Presence of a channel", .timeLimit(.minutes(1)))
struct ChannelPresenceTests {
    private let syncs = FrameQueue<[String]>()
    private let changes = FrameQueue<String>()

    /// A presence whose list is told after each sync, and whose changes are told in words.
    private func follow(_ presence: ChannelPresence) {
        presence.onSync { [weak presence, syncs] in syncs.add(presence?.list.map(\.key) ?? []) }
        presence.onChange { [changes] change in
            switch change {
            case .joined(let old, let new): changes.add("+\(new.key) \(old?.metas.count ?? 0)→\(new.metas.count)")
            case .left(let current, let left):
                changes.add("-\(left.key) \(left.metas.count), \(current.metas.count) left")
            }
        }
    }

    private func metas(_ keys: String...) -> PayloadContent {
        .value(.object(Dictionary(uniqueKeysWithValues: keys.map { ($0, meta($0)) })))
    }

    private func meta(_ reference: String) -> Value {
        .object(["metas": .array([.object(["phx_ref": .string(reference)])])])
    }

    private func diff(joins: [String: Value] = [:], leaves: [String: Value] = [:]) -> PayloadContent {
        .value(.object(["joins": .object(joins), "leaves": .object(leaves)]))
    }

    @Test("a state and diffs make the list; each is told with its changes, and then as a sync")
    func statesAndDiffs() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let presence = stage.socket.channel("room").presence()
        follow(presence)
        try await stage.join("room", at: phoenix)
        try phoenix.push("presence_state", on: "room", metas("u1", "u2"))
        #expect(await syncs.next() == ["u1", "u2"])
        #expect(await changes.next() == "+u1 0→1")
        #expect(await changes.next() == "+u2 0→1")
        try phoenix.push("presence_diff", on: "room", diff(leaves: ["u1": meta("u1")]))
        #expect(await syncs.next() == ["u2"])
        #expect(await changes.next() == "-u1 1, 0 left")
        // An update is a join and a leave of one key.
        try phoenix.push("presence_diff", on: "room", diff(joins: ["u2": meta("2.2")], leaves: ["u2": meta("u2")]))
        #expect(await syncs.next() == ["u2"])
        #expect(await changes.next() == "+u2 1→1")
        #expect(await changes.next() == "-u2 1, 1 left")
        // One that changes nothing is a sync all the same; one that is none is not.
        try phoenix.push("presence_diff", on: "room", ["joins": 7])
        try phoenix.push("presence_diff", on: "room", diff())
        #expect(await syncs.next() == ["u2"])
        #expect(presence.lastError?.code == .decoding)
    }

    @Test("a diff before the state of its join waits for it, also after a lost connection")
    func earlyDiff() async throws {
        let stage = try SocketStage()
        let first = try await stage.open()
        let presence = stage.socket.channel("room").presence()
        follow(presence)
        try await stage.join("room", at: first)
        try first.push("presence_diff", on: "room", diff(leaves: ["u2": meta("u2")]))
        try first.push("presence_state", on: "room", metas("u1", "u2"))
        #expect(await syncs.next() == ["u1"])
        for expected in ["+u1 0→1", "+u2 0→1", "-u2 1, 0 left"] { #expect(await changes.next() == expected) }
        #expect(!presence.isPending)

        first.connection.vanish()
        #expect(await stage.next() == .waiting)
        stage.socket.connect()
        #expect(await stage.next() == .connecting)
        let second = try await stage.reopened()
        try await second.acceptJoin("room")
        try second.push("presence_diff", on: "room", diff(leaves: ["u1": meta("u1")]))
        try second.push("presence_state", on: "room", metas("u1", "u3"))
        #expect(await syncs.next() == ["u3"])
    }

    @Test("the server's events may have other names")
    func customEvents() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        let presence = stage.socket.channel("room").presence(state: "the_state", diff: "the_diff")
        follow(presence)
        try await stage.join("room", at: phoenix)
        try phoenix.push("presence_state", on: "room", metas("nobody"))
        try phoenix.push("the_state", on: "room", metas("u1"))
        #expect(await syncs.next() == ["u1"])
        try phoenix.push("the_diff", on: "room", diff(leaves: ["u1": meta("u1")]))
        #expect(await syncs.next() == [])
    }

    @Test("who has cancelled hears of no sync, and a presence that is gone listens no more")
    func cancelled() async throws {
        let stage = try SocketStage()
        let phoenix = try await stage.open()
        var presence: ChannelPresence? = stage.socket.channel("room").presence()
        let other = stage.socket.channel("room").presence()
        let heard = FrameQueue<String>()
        presence?.onSync { heard.add("first") }.cancel()
        presence?.onSync { heard.add("second") }
        other.onSync { heard.add("other") }
        try await stage.join("room", at: phoenix)
        try phoenix.push("presence_state", on: "room", metas("u1"))
        #expect(await heard.next() == "second")
        #expect(await heard.next() == "other")
        presence = nil
        try phoenix.push("presence_state", on: "room", metas("u1"))
        #expect(await heard.next() == "other")
    }
}
