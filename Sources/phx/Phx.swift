internal import ArgumentParser
internal import Phoenix

/// The command `phx`.
struct Phx: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phx",
        abstract: "Talks to Phoenix Channels from a terminal or a script.",
        discussion: """
            EXAMPLES
              phx demo
              phx serve
              phx join ws://localhost:4000/socket/websocket room:lobby
              phx listen wss://example.org/socket/websocket room:1 | jq .payload
              phx push ws://localhost:4000/socket/websocket echo:1 hi '[1]' --reply
              phx console ws://localhost:4000/socket/websocket room:lobby
              phx doctor wss://example.org/socket/websocket

            OUTPUT
            Results go to standard output, in JSON (one object a line) unless it is a
            terminal; notes go to standard error. Colours appear on terminals only,
            and not when NO_COLOR is set.

            ENVIRONMENT
              PHX_AUTH_TOKEN  The auth token; --auth-token goes before it.
              NO_COLOR        No colours when it is set to anything.

            \(Status.list)
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, ServeCommand.self, JoinCommand.self, ListenCommand.self, PushCommand.self,
            ConsoleCommand.self, DoctorCommand.self, DoctorProbeCommand.self, PluginsCommand.self,
            CompletionsCommand.self,
        ]
    )
}

@main
enum Main {
    static func main() async {
        do {
            var command = try Phx.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            end(failure)
        } catch let error as PhoenixError {
            end(Failure(error))
        } catch is CancellationError {
            System.exit(Status.ok.rawValue)
        } catch {
            Phx.exit(withError: error)
        }
    }

    private static func end(_ failure: Failure) -> Never {
        if !failure.message.isEmpty {
            let console = Console()
            console.warn("\(console.noteStyle.red("phx:")) \(failure.message)")
        }
        System.exit(failure.status.rawValue)
    }
}
