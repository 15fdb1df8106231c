import Foundation
import Phoenix
import PhoenixAsyncHTTPClient
import PhoenixLongPoll
import Synchronization

/// A client of its own process, with an environment of its own, that keeps account of what it does until its standard input
/// ends.
///
///     scenario-client URL [transports=websocket,longpoll] [engine=async-http-client] [interval=20] [probes=500]
///         [OPTION=VALUE …]
///
/// `interval` and `probes` are milliseconds: between two pushes, and up to the first probe of a better transport. All other
/// options are the registry's, `proxy` and `no-proxy` among them.
@main
enum Main {
    static func main() async throws {
        var options = Dictionary(
            CommandLine.arguments.dropFirst(2).map { argument in
                let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts.last ?? ""))
            },
            uniquingKeysWith: { $1 }
        )
        let transports = options.removeValue(forKey: "transports") ?? "websocket,longpoll"
        let engine = options.removeValue(forKey: "engine")
        let interval = options.removeValue(forKey: "interval").flatMap { Int($0) } ?? 20
        let probes = options.removeValue(forKey: "probes").flatMap { Int($0) } ?? 500

        var registry = PluginRegistry.standard
        registry.register(engine == nil ? .longPoll() : .longPoll(engine: AsyncHTTPClientEngine()))
        var settings = Fallback.Settings()
        settings.backoff = Backoff(first: .milliseconds(100), longest: .seconds(1))
        settings.probes = Backoff(first: .milliseconds(probes), longest: .milliseconds(4 * probes))
        let fallback = try Fallback(
            ConnectionTarget(CommandLine.arguments[1]),
            over: transports.split(separator: ",").map(String.init),
            in: registry,
            settings: settings
        )
        let output = Mutex(FileHandle.standardOutput)
        let client = SocketClient(
            Accountant(fallback, room: "room:1", interval: .milliseconds(interval)) { line in
                let line = line.split(separator: "\n").joined(separator: " ")
                output.withLock { $0.write(Data((line + "\n").utf8)) }
            },
            registry: registry,
            options: ConnectionOptions(strings: options)
        )
        Thread.detachNewThread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            client.stop()
        }
        try await client.run()
    }
}
