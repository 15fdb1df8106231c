import PhoenixJSON
import PhoenixKit
import Testing

/// The scenarios of phoenix.js's `presence_test.js`, and what it leaves open.
@Suite("The state of a presence")
struct PresenceStateTests {
    private func payload(_ json: String) -> Payload { Payload(Bytes(json), format: JSONFormat()) }

    private static let three = """
        {"u1":{"metas":[{"id":1,"phx_ref":"1"}]},"u2":{"metas":[{"id":2,"phx_ref":"2"}]},"u3":{"metas":[{"id":3,"phx_ref":"3"}]}}
        """

    private func synced(_ json: String) throws -> PresenceState {
        var state = PresenceState()
        _ = try state.stateReceived(payload(json))
        return state
    }

    /// Each key with the references of its metas, in order.
    private func shape(_ state: PresenceState) -> [String] {
        state.list.map { "\($0.key) \($0.metas.map { $0.reference ?? "-" }.joined(separator: ","))" }
    }

    private func words(_ changes: [PresenceChange]) -> [String] {
        changes.map { change in
            switch change {
            case .joined(let current, let new):
                "+\(new.key) \(new.metas.map { $0.reference ?? "-" }) was \(current?.metas.map { $0.reference ?? "-" } ?? [])"
            case .left(let current, let left):
                "-\(left.key) \(left.metas.map { $0.reference ?? "-" }) has \(current.metas.map { $0.reference ?? "-" })"
            }
        }
    }

    // MARK: The whole state

    @Test("syncState: syncs empty state")
    func emptyState() throws {
        let state = try synced(#"{"u1":{"metas":[{"id":1,"phx_ref":"1"}]}}"#)
        #expect(shape(state) == ["u1 1"])
        #expect(try synced("{}").list.isEmpty)
    }

    @Test("syncState: reports who is new and who is gone")
    func joinsAndLeaves() throws {
        var state = try synced(#"{"u4":{"metas":[{"id":4,"phx_ref":"4"}]}}"#)
        let changes = try state.stateReceived(payload(Self.three))
        #expect(
            words(changes) == ["+u1 [\"1\"] was []", "+u2 [\"2\"] was []", "+u3 [\"3\"] was []", "-u4 [\"4\"] has []"]
        )
        #expect(shape(state) == ["u1 1", "u2 2", "u3 3"])
    }

    @Test("syncState: reports only the metas that are new")
    func newMetas() throws {
        var state = try synced(#"{"u3":{"metas":[{"id":3,"phx_ref":"3"}]}}"#)
        let changes = try state.stateReceived(
            payload(#"{"u3":{"metas":[{"id":3,"phx_ref":"3"},{"id":3,"phx_ref":"3.new"}]}}"#)
        )
        #expect(words(changes) == ["+u3 [\"3.new\"] was [\"3\"]"])
        #expect(shape(state) == ["u3 3,3.new"])
    }

    @Test("a state that replaces a meta is a join and a leave, joins first")
    func replacedMeta() throws {
        var state = try synced(#"{"u1":{"metas":[{"phx_ref":"1"}]}}"#)
        let changes = try state.stateReceived(payload(#"{"u1":{"metas":[{"phx_ref":"2","phx_ref_prev":"1"}]}}"#))
        #expect(words(changes) == ["+u1 [\"2\"] was [\"1\"]", "-u1 [\"1\"] has [\"2\"]"])
        #expect(state["u1"]?.metas.first?.previousReference == "1")
    }

    // MARK: Diffs

    @Test("syncDiff: syncs empty state")
    func diffOnEmptyState() throws {
        var state = try synced("{}")
        _ = try state.diffReceived(payload(#"{"joins":{"u1":{"metas":[{"id":1,"phx_ref":"1"}]}},"leaves":{}}"#))
        #expect(shape(state) == ["u1 1"])
    }

    @Test("syncDiff: a diff that comes before the state waits for it")
    func earlyDiff() throws {
        var state = PresenceState()
        #expect(try state.diffReceived(payload(#"{"joins":{},"leaves":{"u2":{"metas":[{"phx_ref":"2"}]}}}"#)).isEmpty)
        #expect(state.isPending)
        let changes = try state.stateReceived(
            payload(#"{"u1":{"metas":[{"phx_ref":"1"}]},"u2":{"metas":[{"phx_ref":"2"}]}}"#)
        )
        #expect(words(changes).last == "-u2 [\"2\"] has []")
        #expect(shape(state) == ["u1 1"])
        #expect(!state.isPending)
    }

    @Test("syncDiff: removes a key without metas and adds further metas behind those that are there")
    func removesAndAdds() throws {
        var state = try synced(Self.three)
        _ = try state.diffReceived(
            payload(
                #"{"joins":{"u1":{"metas":[{"id":1,"phx_ref":"1.2"}]}},"leaves":{"u2":{"metas":[{"id":2,"phx_ref":"2"}]}}}"#
            )
        )
        #expect(shape(state) == ["u1 1,1.2", "u3 3"])
    }

    @Test("syncDiff: removes a meta and keeps the key while others are left")
    func keepsKey() throws {
        var state = try synced(#"{"u1":{"metas":[{"phx_ref":"1"},{"phx_ref":"1.2"}]}}"#)
        _ = try state.diffReceived(payload(#"{"joins":{},"leaves":{"u1":{"metas":[{"phx_ref":"1"}]}}}"#))
        #expect(shape(state) == ["u1 1.2"])
    }

    @Test("after a rejoin diffs wait again, and only what has really changed is reported")
    func rejoin() throws {
        var state = try synced(Self.three)
        state.joined()
        #expect(try state.diffReceived(payload(#"{"joins":{"u9":{"metas":[{"phx_ref":"9"}]}},"leaves":{}}"#)).isEmpty)
        #expect(state.count == 3)
        let changes = try state.stateReceived(
            payload(#"{"u1":{"metas":[{"phx_ref":"1"}]},"u2":{"metas":[{"phx_ref":"2"}]}}"#)
        )
        #expect(words(changes) == ["-u3 [\"3\"] has []", "+u9 [\"9\"] was []"])
    }

    // MARK: The list

    @Test("list: everybody, in the order of their keys, with what the server added")
    func list() throws {
        let state = try synced(
            #"{"b":{"metas":[{"phx_ref":"2"}],"user":{"name":"bo"}},"a":{"metas":[{"phx_ref":"1","typing":true}]}}"#
        )
        #expect(state.list.map(\.key) == ["a", "b"])
        #expect(state["b"]?.fields["user"]?["name"]?.string == "bo")
        struct Typing: Decodable, Equatable { let typing: Bool }
        #expect(try state["a"]?.metas.first?.decode(Typing.self, as: JSONFormat()) == Typing(typing: true))
    }

    @Test("list: keys of any kind are only keys (CVE-2026-56812)")
    func keys() throws {
        let state = try synced(
            #"{"__proto__":{"metas":[{"phx_ref":"1"}]},"constructor":{"metas":[{"phx_ref":"2"}]},"":{"metas":[]}}"#
        )
        #expect(state.list.map(\.key) == ["", "__proto__", "constructor"])
    }

    // MARK: What servers should not send

    @Test("metas without a reference, or with an odd one, are told apart by what stands there")
    func oddReferences() throws {
        var state = try synced(#"{"u1":{"metas":[{"id":1},{"phx_ref":7}]}}"#)
        _ = try state.diffReceived(
            payload(#"{"joins":{},"leaves":{"u1":{"metas":[{"phx_ref":7}]},"u8":{"metas":[{}]}}}"#)
        )
        #expect(shape(state) == ["u1 -"])
        _ = try state.diffReceived(payload(#"{"joins":{},"leaves":{"u1":{"metas":[{}]}}}"#))
        #expect(state.list.isEmpty)
    }

    @Test(
        "what is no presence is refused and changes nothing",
        arguments: ["[]", "7", #"{"u1":3}"#, #"{"u1":{"metas":{}}}"#, "{"]
    )
    func malformed(_ json: String) throws {
        var state = try synced(Self.three)
        #expect(throws: PhoenixError.self) { try state.stateReceived(payload(json)) }
        #expect(throws: PhoenixError.self) { try state.diffReceived(payload(#"{"joins":"# + json + "}")) }
        #expect(state.count == 3)
    }

    @Test("diffs without a state are bounded")
    func bound() throws {
        var state = PresenceState()
        state.pendingLimit = 2
        let diff = payload(#"{"joins":{},"leaves":{}}"#)
        _ = (try state.diffReceived(diff), try state.diffReceived(diff))
        let error = #expect(throws: PhoenixError.self) { try state.diffReceived(diff) }
        #expect(error?.code == .bufferFull)
    }
}
