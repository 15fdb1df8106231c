import Phoenix
import Testing

@testable import phx

@Suite("Who is here")
struct PresenceListTests {
    private func presences(_ names: [String: [String]]) -> Value {
        .object(
            names.mapValues { references in
                ["metas": .array(references.map { ["phx_ref": .string($0)] })]
            }
        )
    }

    private func diff(joins: [String: [String]] = [:], leaves: [String: [String]] = [:]) -> Value {
        ["joins": presences(joins), "leaves": presences(leaves)]
    }

    @Test("a state, then comings and goings; someone is gone when the last of the presences is")
    func changes() {
        var list = PresenceList()
        #expect(list.replace(with: presences(["ada": ["1", "2"]])) == .init(came: ["ada"]))
        #expect(list.merge(diff(joins: ["bob": ["3"]])) == .init(came: ["bob"]))
        #expect(list.merge(diff(leaves: ["ada": ["1"]])) == .init())
        #expect(list.merge(diff(joins: ["bob": ["4"]], leaves: ["bob": ["3"]])) == .init(), "an update")
        #expect(list.merge(diff(leaves: ["ada": ["2"], "carl": ["9"]])) == .init(went: ["ada"]))
        #expect(list.names == ["bob"])
    }

    @Test("a diff that comes before the state is applied after it")
    func early() {
        var list = PresenceList()
        #expect(list.merge(diff(joins: ["ada": ["1"]])) == .init())
        #expect(list.replace(with: presences(["bob": ["2"]])) == .init(came: ["ada", "bob"]))
    }

    @Test("payloads of any shape do no harm", arguments: [Value.null, 1, ["joins": 3], ["ada": ["metas": ["x"]]]])
    func odd(value: Value) {
        var list = PresenceList()
        _ = list.replace(with: value)
        _ = list.merge(value)
    }
}
