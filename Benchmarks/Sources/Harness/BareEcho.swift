/// A program that does the least an HTTP client can do for an echo over long polling: a POST brings the push, a GET that is under way by then
/// fetches the reply, and the integer is looked for in what it fetched.
public protocol BareEchoPeer {
    /// Opens a session at the server on `port`, for payloads of `size` bytes.
    init(port: Int, size: Int) async throws

    /// Sends `message` and waits for what answers it.
    func exchange(_ message: String) async throws
    /// Does `count` echoes, one at a time; the sum of the integers, and what each took in nanoseconds.
    func echo(_ count: Int) async throws -> (sum: Int64, trips: [Int64])
}

/// What went wrong in a bare client.
public enum BareFailure: Error {
    case misuse, noSession, noAnswer
}

extension BareEchoPeer {
    /// Runs `PROGRAM PORT echo COUNT SIZE` and prints one line of JSON.
    public static func run() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        guard arguments.count == 4, let port = Int(arguments[0]), arguments[1] == "echo",
            let count = Int(arguments[2]), let size = Int(arguments[3])
        else {
            print("Expected PORT echo COUNT SIZE")
            throw BareFailure.misuse
        }
        let peer = try await Self(port: port, size: size)
        // The join, which is answered as an echo is, but with no integer.
        try await peer.exchange("[\"1\",\"1\",\"blast:0\",\"phx_join\",{}]")
        _ = try await peer.echo(max(1, count / 10))
        let (cpu, wall) = (CPUClock.now, CPUClock.wall)
        let (sum, trips) = try await peer.echo(count)
        let (cpuSpent, wallSpent) = (CPUClock.now - cpu, CPUClock.wall - wall)
        let sorted = trips.sorted()
        print(
            "{\"messages\":\(count),\"cpu\":\(cpuSpent),\"wall\":\(wallSpent),\"p50\":\(sorted[count / 2]),"
                + "\"p99\":\(sorted[count * 99 / 100]),\"mean\":\(sorted.reduce(0, +) / Int64(count)),\"sum\":\(sum)}"
        )
    }
}
