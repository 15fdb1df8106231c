import Foundation
import PhoenixAsyncHTTPClient
import PhoenixKit
import PhoenixLongPoll
import PhoenixTestServer

/// Prints what a request costs with each engine, in processor time, against a server in a process of its own.
///
///     request-cost [REQUESTS]
///
/// The status is 1 when AsyncHTTPClient costs more than URLSession.
@main
enum Main {
    static func main() async throws {
        if CommandLine.arguments.last == "serve" { return try await serve() }
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 3_000
        let server = Process()
        let (output, input) = (Pipe(), Pipe())
        server.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        server.arguments = ["serve"]
        server.standardOutput = output
        server.standardInput = input
        try server.run()
        defer { server.terminate() }
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = UInt16(said.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw PhoenixError(.unreachable, "Expected the server to say its port, got \(said).")
        }

        var costs: [Double] = []
        for engine in [URLSessionEngine.shared, AsyncHTTPClientEngine()] as [any HTTPEngine] {
            let url = Endpoint(scheme: "http", host: "127.0.0.1", port: port, path: "/")
            let session = try await engine.open(
                HTTPSessionRequest(url: url, connectTimeout: .seconds(10), proxy: .none)
            )
            let request = HTTPRequest(
                method: .post,
                url: url,
                headers: [HeaderField("content-type", "application/x-ndjson")],
                body: Bytes([UInt8](repeating: 0x20, count: 200)),
                timeout: .seconds(60),
                responseLimit: 100_000
            )
            for _ in 0..<200 { _ = try await session.send(request) }
            let before = processorTime()
            for _ in 0..<count { _ = try await session.send(request) }
            let cost = (processorTime() - before) / Double(count) * 1_000_000
            session.close()
            costs.append(cost)
            print("\(engine.name): \(Int(cost)) µs of processor time a POST of 200 bytes, \(count) of them")
        }
        print("AsyncHTTPClient costs \(Int((costs[1] / costs[0] * 100).rounded())) % of URLSession")
        if costs[1] > costs[0] { exit(1) }
    }

    /// Serves until its standard input ends.
    private static func serve() async throws {
        try await PhoenixTestServer.withServer { _ in
        } _: { server in
            print(server.port)
            fflush(nil)
            while !FileHandle.standardInput.availableData.isEmpty {}
        }
    }

    /// The processor time of this process so far, in seconds.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }
}
