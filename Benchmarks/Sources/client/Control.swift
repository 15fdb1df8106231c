internal import CHeap
internal import Harness

/// Allocates once per message: what the counter must read as 1.
enum Control {
    final class Block {
        var number: Int

        init(_ number: Int) {
            self.number = number
        }
    }

    static func run(_ arguments: ArraySlice<String>) {
        let count = arguments.first.flatMap { Int($0) } ?? 100_000
        var kept: Block?
        var sum = 0
        let before = Mark.now
        for number in 0..<count {
            let block = Block(number)
            sum &+= kept?.number ?? 0
            kept = block
        }
        let after = Mark.now
        print(
            "{\"messages\":\(count),\"cpu\":\(after.cpu - before.cpu),\"wall\":\(after.wall - before.wall),"
                + "\"sum\":\(sum),\"allocations\":\(after.allocations - before.allocations)}"
        )
    }
}
