import PhoenixJSON
import PhoenixKit
import Testing

@testable import PhoenixTestServer

/// Presences, as far as the recording does not show them.
@Suite struct PresenceTests {
    /// The diffs among what was sent, read.
    private func diffs(_ texts: [String]) throws -> [Value] {
        try texts.filter { $0.contains("presence_diff") }.map { try JSONFormat().value(of: Bytes($0))[4] ?? .null }
    }

    private func names(_ value: Value?) -> [String] {
        (value?.object ?? [:]).keys.sorted()
    }

    private func join(_ world: TestWorld, _ name: String, on number: UInt64) {
        world.send(Wire.join("presence:1", "1", #"{"name":"\#(name)"}"#), on: number)
    }

    @Test func `A lost connection takes all its presences of a topic away in one diff`() throws {
        let world = TestWorld()
        let (one, two) = (try world.connect(), try world.connect())
        join(world, "a", on: one)
        join(world, "b", on: two)
        world.send(Wire.push("presence:1", "2", "track_also", #"{"name":"c"}"#), on: one)
        _ = world.sent(to: two)
        world.tell { $0.disconnected(one) }
        let diffs = try diffs(world.sent(to: two))
        #expect(diffs.count == 1)
        #expect(names(diffs.first?["leaves"]) == ["a", "c"])
        #expect(names(diffs.first?["joins"]) == [])
        #expect(names(world.world.presences.list(Bytes("presence:1"))) == ["b"])
    }

    @Test func `A duplicate join takes the old presence away and brings the new one`() throws {
        let world = TestWorld()
        let (one, two) = (try world.connect(), try world.connect())
        join(world, "a", on: one)
        join(world, "b", on: two)
        _ = world.sent(to: two)
        join(world, "a2", on: one)
        let diffs = try diffs(world.sent(to: two))
        #expect(diffs.map { names($0["leaves"]) } == [["a"], []])
        #expect(diffs.map { names($0["joins"]) } == [[], ["a2"]])
    }

    @Test func `A crash takes presences away`() throws {
        let world = TestWorld()
        let (one, two) = (try world.connect(), try world.connect())
        join(world, "a", on: one)
        join(world, "b", on: two)
        _ = world.sent(to: two)
        world.send(Wire.push("presence:1", "2", "nonsense"), on: one)
        #expect(try diffs(world.sent(to: two)).map { names($0["leaves"]) } == [["a"]])
        #expect(world.sent(to: one).last == Wire.error("presence:1"))
    }

    @Test func `Updating and removing what is not there changes nothing`() throws {
        let world = TestWorld()
        let one = try world.connect()
        join(world, "a", on: one)
        world.send(Wire.push("presence:1", "2", "untrack"))
        _ = world.sent()
        world.send(Wire.push("presence:1", "3", "untrack"), Wire.push("presence:1", "4", "update_meta", #"{"x":1}"#))
        #expect(world.sent() == [Wire.reply("presence:1", "3"), Wire.reply("presence:1", "4")])
    }

    @Test func `Tracking a key again replaces it and names the reference before`() throws {
        let world = TestWorld()
        _ = try world.connect()
        world.send(
            Wire.join("presence:1", "1", #"{"name":"a"}"#),
            Wire.push("presence:1", "2", "track_also", #"{"name":"b","meta":{"n":1}}"#),
            Wire.push("presence:1", "3", "track_also", #"{"name":"b","meta":{"n":2}}"#)
        )
        let metas = try #require(world.world.presences.list(Bytes("presence:1"))["b"]?["metas"]?.array)
        #expect(metas.map { $0["n"]?.integer } == [2])
        let diff = try #require(try diffs(world.sent()).last { $0["leaves"] != [:] })
        #expect(diff["leaves"]?["b"]?["metas"]?[0]?["phx_ref"] == metas[0]["phx_ref_prev"])
        #expect(diff["leaves"]?["b"]?["metas"]?[0]?["n"]?.integer == 1)
        #expect(diff["joins"]?["b"]?["metas"]?[0]?["n"]?.integer == 2)
    }

    @Test func `References have sixteen characters and never repeat`() {
        var references = PresenceReferences()
        let made = (0..<10_000).map { _ in references.next() }
        #expect(Set(made).count == made.count)
        #expect(made.allSatisfy { $0.utf8.count == 16 })
    }

    @Test func `Timers ring in the order of their times, and of their scheduling where these are equal`() {
        var generator = SeededGenerator(seed: 7)
        var queue = TimerQueue<(time: Int64, order: Int)>()
        for order in 0..<1_000 {
            let time = Int64.random(in: 0..<50, using: &generator)
            queue.schedule((time, order), at: Timestamp(nanoseconds: time))
        }
        var rung: [(time: Int64, order: Int)] = []
        for now in stride(from: Int64(0), to: 60, by: 7) {
            while let due = queue.popDue(at: Timestamp(nanoseconds: now)) {
                #expect(due.time <= now)
                rung.append(due)
            }
            #expect(queue.nextDeadline.map { $0.nanoseconds > now } ?? true)
        }
        #expect(rung.count == 1_000)
        #expect(zip(rung, rung.dropFirst()).allSatisfy { ($0.time, $0.order) < ($1.time, $1.order) })
    }

    @Test func `A queue gives back what it was given, in order, whatever is put in between`() {
        var generator = SeededGenerator(seed: 3)
        var queue = Queue<Int>()
        var model: [Int] = []
        for number in 0..<20_000 {
            if Int.random(in: 0..<100, using: &generator) < (number < 10_000 ? 70 : 30) {
                queue.append(number)
                model.append(number)
            } else {
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
        }
        #expect(queue.elements == model)
        queue.removeAll()
        #expect(queue.popFirst() == nil)
    }
}
