import Testing

@testable import PhoenixKit

/// The map of topics does what a dictionary does, whatever is added and removed in which order.
struct TopicMapTests {
    @Test func agreesWithADictionary() {
        var random = SeededGenerator.announced()
        var map: TopicMap<Int> = [:]
        var model: [Bytes: Int] = [:]
        // Few topics for their number, so that they are removed and added again; of all lengths, so that all ways of hashing are taken.
        let topics = (0..<300).map { Bytes(String(repeating: "t", count: $0 % 19) + String($0)) } + [Bytes()]
        for step in 0..<60_000 {
            // Now mostly more, now mostly fewer.
            let isGrowing = step / 5_000 % 2 == 0
            let topic = topics[Int.random(in: topics.indices, using: &random)]
            switch Int.random(in: 0..<6, using: &random) {
            case 0..<(isGrowing ? 4 : 1):
                map[topic] = step
                model[topic] = step
            case 5:
                #expect(map.position(of: topic).map { map[at: $0] } == model[topic], "step \(step)")
                if let position = map.position(of: topic) {
                    map[at: position] += 1
                    model[topic]? += 1
                }
            default:
                #expect(map.removeValue(forKey: topic) == model.removeValue(forKey: topic), "step \(step)")
            }
            #expect(map.count == model.count, "step \(step)")
            if step % 500 == 0 {
                #expect(Set(map.keys) == Set(model.keys), "step \(step)")
                for topic in topics { #expect(map[topic] == model[topic], "step \(step)") }
            }
        }
    }

    /// Values that stand at a position are changed there: an array in them is not copied for it.
    @Test func changesInPlace() {
        var map: TopicMap<[Int]> = ["room": Array(0..<100)]
        map[at: 0].reserveCapacity(200)
        let before = map[at: 0].withUnsafeBufferPointer { $0.baseAddress }
        map[at: 0].append(100)
        #expect(map[at: 0].withUnsafeBufferPointer { $0.baseAddress } == before)
        #expect(map["room"] == Array(0...100))
    }
}
