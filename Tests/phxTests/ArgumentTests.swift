import ArgumentParser
import Phoenix
import PhoenixTestServer
import Testing

@testable import phx

@Suite("Arguments")
struct ArgumentTests {
    private static let url = "ws://localhost:4000/socket/websocket"

    private func parse<Command>(_ arguments: String..., as type: Command.Type = Command.self) throws -> Command {
        try #require(try Phx.parseAsRoot(arguments) as? Command)
    }

    /// What a user sees when the arguments are wrong, and the status.
    private func complaint(_ arguments: [String]) -> (text: String, status: Int32)? {
        do {
            _ = try Phx.parseAsRoot(arguments)
            return nil
        } catch {
            return (Phx.fullMessage(for: error), Phx.exitCode(for: error).rawValue)
        }
    }

    @Test("push: everything there is")
    func push() throws {
        let command = try parse(
            "push",
            Self.url,
            "room:1",
            "new_msg",
            #"{"a":1}"#,
            "--reply",
            "--vsn",
            "1.0.0",
            "--param",
            "a=b=c",
            "--param",
            "d=",
            "--header",
            "x-one: two",
            "--timeout",
            "2.5",
            "--json",
            "--insecure",
            "--cacert",
            "/dev/null",
            "--option",
            "websocket.keep-alive=5",
            "--compression",
            "--proxy",
            "none",
            as: PushCommand.self
        )
        #expect(command.topic == "room:1" && command.event == "new_msg" && command.payload == #"{"a":1}"#)
        #expect(command.reply && command.json && !command.quiet)
        let target = try command.connection.target { _ in nil }
        #expect(target.parameters.items == [QueryItem("a", "b=c"), QueryItem("d", "")])
        #expect(target.headers == [HeaderField("x-one", "two")])
        #expect(target.authToken == nil)
        let options = try command.connection.connectionOptions()
        #expect(
            options.strings == [
                "vsn": "1.0.0", "websocket.verify": "none", "websocket.ca-file": "/dev/null",
                "websocket.keep-alive": "5", "compression": "permessage-deflate", "proxy": "none",
            ]
        )
        #expect(try command.connection.configuration().pushTimeout == .seconds(2.5))
    }

    @Test("a payload that begins with a minus or is one is a payload")
    func minus() throws {
        #expect(try parse("push", Self.url, "t", "e", "-", as: PushCommand.self).payload == "-")
        #expect(try parse("push", Self.url, "t", "e", "--", "-1", as: PushCommand.self).payload == "-1")
        #expect(try parse("push", Self.url, "t", "e", "--binary", "AP8=", as: PushCommand.self).binary == "AP8=")
    }

    @Test("the auth token: the option goes before the environment; empty is none")
    func token() throws {
        func token(_ arguments: [String], _ variable: String?) throws -> String? {
            let command = try #require(try Phx.parseAsRoot(["listen", Self.url, "t"] + arguments) as? ListenCommand)
            return try command.connection.target { $0 == "PHX_AUTH_TOKEN" ? variable : nil }.authToken?.revealed
        }
        #expect(try token([], nil) == nil)
        #expect(try token([], "") == nil)
        #expect(try token([], "env") == "env")
        #expect(try token(["--auth-token", "own"], "env") == "own")
    }

    @Test("serve, join, listen, completions and demo")
    func others() throws {
        #expect(try parse("serve", "--port", "0", "--fixture", as: ServeCommand.self).fixture)
        #expect(try parse("serve", as: ServeCommand.self).port == 4_000)
        let serve = try parse("serve", "--adapter", "cowboy", "--longpoll-window", "1.5", as: ServeCommand.self)
        #expect(serve.adapter == .cowboy && serve.longpollWindow == 1.5)
        #expect(try parse("join", Self.url, "t", "--once", as: JoinCommand.self).once)
        let listen = try parse("listen", Self.url, "a", "b", "-n", "3", "--event", "x", as: ListenCommand.self)
        #expect(listen.topics == ["a", "b"] && listen.count == 3 && listen.events == ["x"])
        #expect(try parse("completions", "zsh", as: CompletionsCommand.self).shell == .zsh)
        _ = try parse("demo", as: DemoCommand.self)
    }

    @Test(
        "what is wrong is refused with status 64",
        arguments: [
            ["push", url, "t"], ["listen", url], ["listen", url, "t", "--count", "0"], ["serve", "--port", "70000"],
            ["serve", "--adapter", "puma"], ["serve", "--longpoll-window", "0"],
            ["push", url, "t", "e", "{}", "--binary", "AP8="], ["nope"], ["completions", "powershell"],
            ["push", url, "t", "e", "--timeout", "soon"],
        ]
    )
    func wrong(arguments: [String]) throws {
        let complaint = try #require(self.complaint(arguments))
        #expect(complaint.status == Status.usage.rawValue)
    }

    @Test("a value that may be secret is in no error")
    func secrets() throws {
        for (name, value) in [("--param", "s3cret"), ("--header", "s3cret"), ("--option", "s3cret")] {
            let command = try parse("listen", Self.url, "t", name, value, as: ListenCommand.self)
            let failure = #expect(throws: Failure.self) {
                _ = try command.connection.target { _ in nil }
                _ = try command.connection.connectionOptions()
            }
            #expect(failure?.status == .usage)
            #expect(failure?.message.contains("s3cret") == false)
        }
        let command = try parse("listen", "ws://host:port/?token=s3cret", "t", as: ListenCommand.self)
        let error = #expect(throws: PhoenixError.self) { try command.connection.target { _ in nil } }
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test("a timeout is above zero and at most a day", arguments: ["0", "-1", "1e9", "nan", "inf"])
    func timeout(text: String) throws {
        let command = try parse("listen", Self.url, "t", "--timeout=\(text)", as: ListenCommand.self)
        let failure = #expect(throws: Failure.self) { try command.connection.configuration() }
        #expect(failure?.status == .usage)
    }

    @Test("the help of each command that needs arguments has examples")
    func help() {
        for command in [JoinCommand.self, ListenCommand.self, PushCommand.self, CompletionsCommand.self]
            as [any ParsableCommand.Type]
        {
            let name = command.configuration.commandName ?? ""
            #expect(Phx.helpMessage(for: command).contains("  phx \(name) "))
        }
        #expect(Phx.helpMessage().contains("EXIT STATUS"))
    }
}
