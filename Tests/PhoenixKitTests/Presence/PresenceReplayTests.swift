import PhoenixJSON
import PhoenixTesting
import Testing

@testable import PhoenixKit

/// What a real server said of a presence, and what random servers say.
@Suite("Presences as servers tell of them")
struct PresenceReplayTests {
    /// The metas of each key, in no order.
    private func metas(_ state: PresenceState) -> [String: Set<Value>] {
        Dictionary(uniqueKeysWithValues: state.list.map { ($0.key, Set($0.metas.map(\.value))) })
    }

    private func metas(_ list: Value?) throws -> [String: Set<Value>] {
        try Presence.entries(list).mapValues { Set($0.metas.map(\.value)) }
    }

    @Test("presence.json: after every step each client knows what the server lists, and at the end that all have gone")
    func recorded() throws {
        var lists = 0
        for session in try Recording.sessions(of: "presence") {
            var state = PresenceState()
            var listReference: Reference?
            var changes: [PresenceChange] = []
            for entry in session.entries {
                switch entry {
                case .client(let frame):
                    let message = try session.serializer.decode(frame, as: .server)
                    if message.event == "list" { listReference = message.reference }
                case .server(let frame):
                    let message = try session.serializer.decode(frame, as: .client)
                    switch message.event {
                    case "presence_state": changes += try state.stateReceived(message.payload)
                    case "presence_diff": changes += try state.diffReceived(message.payload)
                    case "phx_reply" where message.reference == listReference && listReference != nil:
                        lists += 1
                        #expect(metas(state) == (try metas(message.payload.value())))
                    case "phx_reply" where message.reference == message.joinReference && message.status == "ok":
                        state.joined()
                    default: break
                    }
                default: break
                }
            }
            #expect(!changes.isEmpty)
            #expect(Set(changes.map(\.key)).isSubset(of: ["alice", "bob", "al2"]))
            if session.name == "c-also-bob" { #expect(state.list.isEmpty) }
        }
        #expect(lists > 0)
    }

    @Test(
        "10,000 random presences: whenever a client has caught up it knows what the server lists, and its changes add up to it"
    )
    func random() throws {
        var generator = SeededGenerator.announced()
        for _ in 0..<10_000 { try live(&generator) }
    }

    /// One life of a presence: people come, go and change, a client joins, now and then anew, and hears of it late.
    private func live(_ generator: inout SeededGenerator) throws {
        var table: [String: [Value]] = [:]
        var references = 0
        var state = PresenceState()
        var folded: [String: Set<Value>] = [:]
        /// What is on its way to the client.
        var wire: [(isState: Bool, payload: Value)] = []
        var isJoined = false
        var isStateDue = false

        func fresh(after previous: Value? = nil) -> Value {
            references += 1
            var meta: [String: Value] = ["phx_ref": .string("r\(references)")]
            if let previous { meta["phx_ref_prev"] = previous["phx_ref"] }
            return .object(meta)
        }
        func entry(_ metas: [Value]) -> Value { ["metas": .array(metas)] }
        func tell(joins: [String: [Value]], leaves: [String: [Value]]) {
            guard isJoined else { return }
            wire.append(
                (false, ["joins": .object(joins.mapValues(entry)), "leaves": .object(leaves.mapValues(entry))])
            )
        }
        func sendState() {
            guard isStateDue else { return }
            isStateDue = false
            wire.append((true, .object(table.mapValues(entry))))
        }
        func deliver(_ count: Int) throws {
            for (isState, value) in wire.prefix(count) {
                let payload = try PayloadContent.value(value).encode(in: JSONFormat())
                for change in isState ? try state.stateReceived(payload) : try state.diffReceived(payload) {
                    switch change {
                    case .joined(_, let new): folded[new.key, default: []].formUnion(new.metas.map(\.value))
                    case .left(_, let left): folded[left.key]?.subtract(left.metas.map(\.value))
                    }
                }
            }
            wire.removeFirst(min(count, wire.count))
        }

        for _ in 0..<30 {
            let key = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<3:
                let meta = fresh()
                table[key, default: []].append(meta)
                tell(joins: [key: [meta]], leaves: [:])
            case 3, 4:
                guard let old = table[key]?.randomElement(using: &generator) else { continue }
                table[key]?.removeAll { $0 == old }
                if table[key]?.isEmpty == true { table[key] = nil }
                tell(joins: [:], leaves: [key: [old]])
            case 5, 6:
                guard let old = table[key]?.randomElement(using: &generator) else { continue }
                let new = fresh(after: old)
                table[key] = table[key]?.map { $0 == old ? new : $0 }
                tell(joins: [key: [new]], leaves: [key: [old]])
            case 7:
                // A join, after whatever became of the one before. Diffs of what its state knows already come before it.
                wire = []
                state.joined()
                (isJoined, isStateDue) = (true, true)
            case 8:
                sendState()
            default: try deliver(Int.random(in: 0...3, using: &generator))
            }
        }
        guard isJoined else { return }
        sendState()
        try deliver(wire.count)
        #expect(metas(state) == table.mapValues(Set.init))
        #expect(folded.filter { !$0.value.isEmpty } == table.mapValues(Set.init))
    }
}
