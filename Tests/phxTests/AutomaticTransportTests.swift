import Foundation
import PhoenixTestServer
import Testing

@testable import phx

/// `--transport auto` behind a proxy that eats upgrades.
@Suite("phx with --transport auto", .timeLimit(.minutes(2)))
struct AutomaticTransportTests {
    /// Runs `body` with the URL of the proxy and a folder for the cache, which is removed afterwards.
    private func behindEater(
        _ body: (_ url: String, _ proxy: UpgradeEater, _ environment: [String: String]) async throws -> Void
    ) async throws {
        let cache = FileManager.default.temporaryDirectory.path + "/phx-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: cache) }
        try await PhoenixTestServer.withServer(site: .demo) { server in
            try await UpgradeEater.run(before: server.port) { proxy in
                try await body("ws://127.0.0.1:\(proxy.port)/socket/websocket", proxy, ["XDG_CACHE_HOME": cache])
            }
        }
    }

    @Test("push falls to long polling, says why, and the next run begins there; without auto the proxy is the end")
    func push() async throws {
        try await behindEater { url, proxy, environment in
            func push(_ arguments: String...) async throws -> Run {
                let child = try Child(
                    ["push", url, "echo:1", "hello", #"{"n":1}"#, "--reply"] + arguments,
                    environment: environment
                )
                child.endInput()
                return await child.end()
            }
            let plain = try await push()
            #expect(plain.status == Status.unreachable.rawValue && plain.notes.contains("502"), "\(plain)")
            for run in 0..<2 {
                let result = try await push("--transport", "auto")
                #expect(result.status == 0 && result.output.contains(#""payload":{"n":1}"#), "\(result)")
                #expect(
                    result.notes.contains(
                        run == 0
                            ? "websocket: the handshake was answered with status 502. Trying longpoll at once."
                            : "longpoll: worked "
                    ),
                    "\(result)"
                )
            }
            #expect(proxy.eaten == 2)
            proxy.letThrough()
            #expect(try await push().status == 0)
        }
    }

    @Test("listen joins over long polling and shows what comes")
    func listen() async throws {
        try await behindEater { url, _, environment in
            let child = try Child(
                ["listen", url, "clock:utc", "--count", "1", "--transport", "auto"],
                environment: environment
            )
            child.endInput()
            let run = await child.end()
            #expect(run.status == 0 && run.lines.count == 1, "\(run)")
            #expect(run.notes.contains("longpoll: proved itself, and is remembered."), "\(run)")
        }
    }

    @Test("join pushes the lines of its input over long polling, in order")
    func join() async throws {
        try await behindEater { url, _, environment in
            let child = try Child(["join", url, "echo:1", "--transport", "auto"], environment: environment)
            for number in 0..<20 { child.type("count {\"n\":\(number)}\n") }
            child.endInput()
            let run = await child.end()
            #expect(run.status == 0, "\(run)")
            #expect(run.lines.count == 20)
            for (number, line) in run.lines.enumerated() { #expect(line.contains("{\"n\":\(number)}"), "\(line)") }
        }
    }

    @Test("a server that refuses on every way ends it with the status of the last")
    func nobody() async throws {
        let cache = FileManager.default.temporaryDirectory.path + "/phx-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: cache) }
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let child = try Child(
                ["push", server.url("/nowhere/websocket"), "echo:1", "hello", "--transport", "auto"],
                environment: ["XDG_CACHE_HOME": cache]
            )
            child.endInput()
            let run = await child.end()
            #expect(run.status == Status.unreachable.rawValue, "\(run)")
            #expect(run.notes.contains("Trying longpoll at once"), "\(run)")
        }
    }
}
