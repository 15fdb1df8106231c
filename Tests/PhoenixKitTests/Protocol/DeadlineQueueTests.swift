import Testing

@testable import PhoenixKit

@Suite("The deadline queue")
struct DeadlineQueueTests {
    private func at(_ nanoseconds: Int) -> Timestamp { Timestamp(nanoseconds: Int64(nanoseconds)) }

    @Test("gives what is due, the earliest first, and among equals the first added")
    func order() {
        var queue = DeadlineQueue<String>()
        for (name, time) in [("c", 30), ("a", 10), ("b", 20), ("b2", 20), ("a2", 10)] { queue.add(name, at: at(time)) }
        #expect(queue.next == at(10))
        #expect(queue.popDue(at: at(9)) == nil)
        var order: [String] = []
        while let name = queue.popDue(at: at(25)) { order.append(name) }
        #expect(order == ["a", "a2", "b", "b2"])
        #expect(queue.next == at(30))
    }

    @Test("agrees with sorting, for a thousand random queues")
    func agreesWithSorting() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let times = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Int.random(in: 0...20, using: &generator)
            }
            var queue = DeadlineQueue<Int>()
            for time in times { queue.add(time, at: at(time)) }
            var order: [Int] = []
            while let time = queue.popDue(at: at(20)) { order.append(time) }
            #expect(order == times.sorted(), "for \(times)")
        }
    }

    @Test("throws forgotten elements away before they outnumber the others")
    func compaction() {
        var queue = DeadlineQueue<Int>()
        for number in 0..<1_000 {
            queue.add(number, at: at(number))
            if number % 10 != 0 {
                queue.forget()
                queue.compact { $0 % 10 == 0 }
            }
        }
        #expect(queue.count < 300)
        var order: [Int] = []
        while let number = queue.popDue(at: at(2_000)) { order.append(number) }
        #expect(order.filter { $0 % 10 == 0 } == Array(stride(from: 0, to: 1_000, by: 10)))
    }
}
