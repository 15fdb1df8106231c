private import Foundation
internal import PhoenixTestServer

/// The other end of the cases that the server in C does not speak: long polling and compression.
///
///     site-server [journal]
///
/// Says its port and serves until its standard input ends. With `journal` it then says how many long-poll requests there were.
@main
struct Serve {
    static func main() async throws {
        let isNoting = CommandLine.arguments.last == "journal"
        var configuration = PhoenixTestServer.Configuration()
        configuration.journal = Journal.Limits(entries: isNoting ? 1_000_000 : 0)
        try await PhoenixTestServer.withServer(configuration, site: .blast) { server in
            print(server.port)
            fflush(nil)
            while !FileHandle.standardInput.availableData.isEmpty {}
            if isNoting { print("{\"requests\":\(server.journal.entries.count { $0.kind == .requested })}") }
        }
    }
}
