import Foundation
import PhoenixTestServer
import Testing

@testable import phx

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("phx as a process", .timeLimit(.minutes(2)))
struct EndToEndTests {
    @Test(
        "serve says where it listens, logs what happens, and stops with 0 at SIGTERM and SIGINT",
        arguments: [SIGTERM, SIGINT]
    )
    func serve(signal: Int32) async throws {
        try await withServer { server, url in
            #expect(url.hasPrefix("ws://127.0.0.1:") && url.hasSuffix("/socket/websocket"))
            let run = try await Child.run("push", url, "echo:1", "hello", "--reply")
            #expect(run.status == 0)
            server.interrupt(signal)
            let end = await server.end()
            #expect(end.status == 0)
            for part in ["connected /socket/websocket", "join   echo:1", "push   echo:1  hello  {}", "closed (1000)"] {
                #expect(
                    end.lines.contains { $0.hasSuffix(part) || $0.contains(part + " ") },
                    "\(part) in \(end.output)"
                )
            }
            #expect(end.lines.last == "Stopped.")
        }
    }

    @Test("push prints the reply as JSON, in V1 and V2", arguments: ["1.0.0", "2.0.0"])
    func pushReply(version: String) async throws {
        try await withServer { _, url in
            let run = try await Child.run(
                "push",
                url,
                "echo:1",
                "hello",
                #"{"n":[1,"é"]}"#,
                "--reply",
                "--vsn",
                version
            )
            #expect(run.status == 0)
            #expect(
                run.output
                    == #"{"topic":"echo:1","event":"phx_reply","status":"ok","payload":{"n":[1,"é"]},"ref":"2","join_ref":"1"}"#
            )
            #expect(run.notes.isEmpty)
        }
    }

    @Test("push takes bytes, and gives them back in base64; a payload may come from standard input")
    func pushBinary() async throws {
        try await withServer { _, url in
            let run = try await Child.run("push", url, "echo:1", "blob", "--binary", "3q2+7w==", "--reply")
            #expect(run.status == 0)
            #expect(run.output.contains(#""payload":"3q2+7w==","binary":true"#))
            let raw = try await Child.run("push", url, "echo:1", "blob", "--binary", "-", "--reply", input: "abc")
            #expect(raw.output.contains(#""payload":"YWJj","binary":true"#))
            let json = try await Child.run("push", url, "echo:1", "e", "-", "--reply", input: " {\"a\":\n1}\n")
            #expect(json.output.contains(#""payload":{"a":1}"#), "\(json)")
        }
    }

    @Test("each way to fail has its status and says what to do")
    func statuses() async throws {
        try await withServer("--fixture") { _, url in
            let root = String(url.dropLast("/socket/websocket".count))
            func run(_ url: String, _ arguments: String...) async throws -> Run {
                let child = try Child(["push", url] + arguments + ["--reply", "--timeout", "5"])
                child.endInput()
                return await child.end()
            }
            func expect(_ run: Run, _ status: Status, _ part: String, _ line: Int = #line) {
                #expect(run.status == status.rawValue, "\(run), line \(line)")
                #expect(run.notes.contains(part), "\(run), line \(line)")
            }
            expect(try await run(url, "nope:1", "e"), .joinDenied, "unmatched topic")
            expect(
                try await run(url, "room:1", "e", "--join-payload", #"{"deny":true}"#),
                .joinDenied,
                #""denied""#
            )
            expect(try await run(url, "room:1", "fail", "{}", "--wire"), .errorReply, "phx_reply")
            expect(try await run(url, "room:1", "crash", "{}"), .failure, "closed or crashed")
            expect(try await run(url, "room:1", "e", "{n:1}"), .badData, "expected a string at byte 1")
            expect(try await run(url, "room:1", "e", "--binary", "?"), .badData, "base64")
            expect(try await run(url, "room:1", "e", "--binary", "AP8=", "--vsn", "1.0.0"), .badData, "binary")
            expect(try await run(root + "/socket", "room:1", "e"), .usage, "--transport")
            expect(try await run("localhost:4000", "room:1", "e"), .usage, "a scheme")
            expect(try await run(root + "/nope/websocket", "room:1", "e"), .unreachable, "404")
            expect(try await run("ws://127.0.0.1:1/socket/websocket", "room:1", "e"), .unreachable, "refused")
            expect(try await run(root + "/socket/websocket?reject=1", "room:1", "e"), .refused, "403")
            expect(try await run(root + "/ratelimit/websocket", "room:1", "e"), .unreachable, "429")
            let slow = try await Child.run("push", url, "room:1", "noreply", "{}", "--reply", "--timeout", "0.3")
            expect(slow, .timeout, "Does this event reply?")
        }
    }

    @Test("serve answers long polling as the server it is told to be, with the window it is told")
    func longPolling() async throws {
        try await withServer("--fixture", "--adapter", "cowboy", "--longpoll-window", "0.3") { _, url in
            let base = url.replacing("ws://", with: "http://").replacing("/websocket", with: "/longpoll?vsn=2.0.0")
            // On a slow machine a session may be over before it is polled.
            for _ in 0..<20 {
                let opening = try await get(base)
                #expect(opening.headers["Vary"] == nil && opening.headers["Cache-Control"] as? String == "no-store")
                #expect(opening.body.contains(#""status":410"#))
                let token = try #require(opening.body.firstMatch(of: /"token":"([^"]+)"/)).1
                if try await get(base + "&token=" + token).body.contains(#""status":204"#) { return }
            }
            Issue.record("no poll was answered 204")
        }
    }

    private func get(_ url: String) async throws -> (body: String, headers: [AnyHashable: Any]) {
        let (data, response) = try await URLSession.shared.data(from: try #require(URL(string: url)))
        return (String(decoding: data, as: UTF8.self), (response as? HTTPURLResponse)?.allHeaderFields ?? [:])
    }

    @Test("the auth token comes from the option or the environment and is never shown, nor are the values of a query")
    func secrets() async throws {
        try await withServer("--fixture") { server, url in
            let auth = String(url.dropLast("/socket/websocket".count)) + "/auth/websocket?color=s3cret-query"
            let environment = ["PHX_AUTH_TOKEN": "secret"]
            let run = try await Child.run(
                "push",
                auth,
                "room:1",
                "echo",
                "--reply",
                "--wire",
                "--verbose",
                "--param",
                "p=s3cret-param",
                environment: environment
            )
            #expect(run.status == 0)
            let denied = try await Child.run("listen", auth, "room:1", "--auth-token", "s3cret-wrong")
            #expect(denied.status == Status.refused.rawValue)
            server.interrupt()
            let log = await server.end().output
            for text in [run.output, run.notes, denied.output, denied.notes, log] {
                #expect(!text.contains("secret") && !text.contains("s3cret"), "\(text)")
            }
        }
    }

    @Test("with --compression messages are compressed on the way, and --wire shows them as they are")
    func compression() async throws {
        try await withServer { _, url in
            let body = String(repeating: "hello ", count: 50)
            let arguments = [
                "push", url, "echo:1", "hello", "{\"body\":\"\(body)\"}", "--reply", "--wire", "--verbose",
            ]
            for isCompressed in [true, false] {
                let child = try Child(arguments + (isCompressed ? ["--compression"] : []))
                child.endInput()
                let run = await child.end()
                #expect(run.status == 0)
                #expect(run.output.contains(body))
                for arrow in ["→", "←"] {
                    #expect(run.notes.split(separator: "\n").contains { $0.hasPrefix(arrow) && $0.contains(body) })
                }
                #expect(run.notes.contains("extensions=permessage-deflate") == isCompressed)
            }
        }
    }

    @Test("listen prints messages, one object a line, counts them, and filters them by event")
    func listen() async throws {
        try await withServer { _, url in
            let listener = try Child(["listen", url, "room:1", "--event", "new_msg", "--count", "2"])
            _ = await listener.line("Joined room:1")
            for number in 1...2 {
                let push = try await Child.run("push", url, "room:1", "new_msg", #"{"body":"\#(number)"}"#)
                #expect(push.status == 0)
            }
            let run = await listener.end()
            #expect(run.status == 0)
            #expect(
                run.lines
                    == (1...2).map {
                        #"{"topic":"room:1","event":"new_msg","payload":{"body":"\#($0)","from":"guest"},"ref":null,"join_ref":null}"#
                    }
            )
        }
    }

    @Test("console shows what goes on at each look, as lines or objects, and closes in good order")
    func console() async throws {
        try await withServer { server, url in
            let arguments = ["room:1", "nope:1", "--interval", "0.1", "--push", #"new_msg {"body":"x"}"#]
            let watching = try Child(["console", url + "?name=ada&token=s3cret"] + arguments + ["--json"])
            let joined = #""topic":"room:1","state":"joined","problem":null,"received":"#
            let line = await watching.line { line in
                line.contains(joined) && !line.contains(joined + "0,") && line.contains(#""present":["ada"]"#)
                    && !line.contains(#""round_trip_ms":null"#)
            }
            #expect(try #require(line).contains(#""state":"connected","transport":"websocket""#))
            #expect(try #require(line).contains(#""problem":"error: unmatched topic""#))
            let second = try Child(["console", url + "?name=bob"] + arguments)
            let people = await second.line { $0.contains("joined 1/2  present 2") && $0.contains("connected") }
            #expect(try #require(people).contains("nope:1: error: unmatched topic"))
            for child in [watching, second] {
                child.interrupt()
                let run = await child.end()
                #expect(run.status == 0)
                #expect(!(run.output + run.notes).contains("s3cret"))
            }
            server.interrupt()
            #expect(await server.end().output.split(separator: "\n").count { $0.contains("closed (1000)") } == 2)
        }
    }

    @Test("console ends when everything is denied, and goes on where nobody listens")
    func consoleRefused() async throws {
        try await withServer("--fixture") { _, url in
            let denied = try await Child.run("console", url, "nope:1", "nope:2", "--interval", "0.1")
            #expect(denied.status == Status.joinDenied.rawValue)
            #expect(denied.notes.contains("nope:1 (error: unmatched topic), nope:2"))
            let refused = try await Child.run("console", url + "?reject=1", "room:1", "--interval", "0.1")
            #expect(refused.status == Status.refused.rawValue, "\(refused)")
            #expect(refused.notes.contains("403"))
        }
        let nobody = try await Child.run("console", "ws://127.0.0.1:1/socket/websocket", "-n", "3", "--interval", "0.1")
        #expect(nobody.status == 0)
        #expect(nobody.lines.count == 3)
        #expect(nobody.lines.allSatisfy { $0.contains("joined 0/0") })
        let wrong = try await Child.run("console", "ws://127.0.0.1:1/socket/websocket", "t", "--push", "/leave")
        #expect(wrong.status == Status.usage.rawValue)
    }

    @Test("listen closes in good order at SIGINT and ends with 0")
    func listenInterrupted() async throws {
        try await withServer { server, url in
            let listener = try Child(["listen", url, "room:1"])
            _ = await listener.line("Joined room:1")
            listener.interrupt()
            #expect(await listener.end().status == 0)
            server.interrupt()
            #expect(await server.end().output.contains("closed (1000)"))
        }
    }

    @Test("listen comes back when the server does; with --once it does not")
    func reconnects() async throws {
        let first = try Child(["serve", "--port", "0"])
        let url = String((await first.line("Listening on ") ?? "").dropFirst("Listening on ".count))
        let port = url.dropFirst("ws://127.0.0.1:".count).prefix { $0.isNumber }
        let listener = try Child(["listen", url, "room:1"])
        let once = try Child(["listen", url, "room:1", "--once"])
        _ = await listener.line("Joined room:1")
        _ = await once.line("Joined room:1")
        listener.forget()
        first.interrupt()
        #expect(await first.end().status == 0)
        #expect(await once.end().status == Status.unreachable.rawValue)
        let second = try Child(["serve", "--port", String(port)])
        #expect(await second.line("Listening on ") != nil)
        #expect(await listener.line("Joined room:1") != nil)
        listener.interrupt()
        #expect(await listener.end().status == 0)
        second.interrupt()
        #expect(await second.end().status == 0)
    }

    @Test("join pushes the lines of standard input in order and ends when all are answered")
    func joinPiped() async throws {
        try await withServer { _, url in
            let input = (0..<2_500).map { "e \($0)" }.joined(separator: "\n")
            let run = try await Child.run("join", url, "echo:1", input: input)
            #expect(run.status == 0)
            #expect(run.lines.count == 2_500)
            for (number, line) in run.lines.enumerated() where !line.contains(#""payload":\#(number),"#) {
                Issue.record("expected \(number), got \(line)")
                return
            }
            let wrong = try await Child.run("join", url, "echo:1", input: "a {}\nb {x}\nc {}\n")
            #expect(wrong.status == Status.badData.rawValue)
            #expect(wrong.lines.count == 2)
            let refused = try await Child.run("join", url, "room:1", input: "new_msg {}\n")
            #expect(refused.status == Status.errorReply.rawValue)
        }
    }

    @Test("listen that waits for its next try ends at SIGTERM with 0")
    func interruptedWait() async throws {
        let listener = try Child(["listen", "ws://127.0.0.1:1/socket/websocket", "room:1"])
        #expect(await listener.line("Nothing listens")?.contains("Trying again in") == true)
        listener.interrupt(SIGTERM)
        #expect(await listener.end().status == 0)
    }

    @Test(
        "a certificate is checked, against the roots of --cacert, or not at all with --insecure, which says so loudly"
    )
    func certificates() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("phx-\(UUID().uuidString).pem")
        try Certificate.chain.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = PhoenixTestServer.Configuration()
        configuration.tls = Certificate.tls
        try await PhoenixTestServer.withServer(configuration, site: .demo) { server in
            let url = server.url("/socket/websocket")
            #expect(url.hasPrefix("wss://"))
            let strict = try await Child.run("push", url, "echo:1", "e", "--reply")
            #expect(strict.status == Status.unreachable.rawValue)
            #expect(strict.notes.contains("not trusted") && strict.notes.contains("--cacert"), "\(strict)")
            let trusting = try await Child.run("push", url, "echo:1", "e", "--reply", "--cacert", file.path)
            #expect(trusting.status == 0 && trusting.notes.isEmpty, "\(trusting)")
            let insecure = try await Child.run("push", url, "echo:1", "e", "--reply", "--insecure", "--quiet")
            #expect(insecure.status == 0)
            #expect(insecure.notes.contains("WARNING: --insecure"))
            let missing = try await Child.run("push", url, "echo:1", "e", "--cacert", file.path + ".no")
            #expect(missing.status == Status.usage.rawValue)
        }
    }

    @Test("a push without --reply ends with 0 once the server has read it")
    func pushWithoutReply() async throws {
        try await PhoenixTestServer.withServer(site: .demo) { server in
            let run = try await Child.run(
                "push",
                server.url("/socket/websocket"),
                "room:1",
                "new_msg",
                #"{"body":"hi"}"#
            )
            #expect(run.status == 0 && run.output.isEmpty)
            #expect(run.notes == "Pushed new_msg to room:1.")
            #expect(server.journal.received(event: "new_msg").count == 1)
            await server.inject(.cut(beforeReceiving: MessageMatch(event: "new_msg")))
            let lost = try await Child.run("push", server.url("/socket/websocket"), "room:1", "new_msg", "{}")
            #expect(lost.status == Status.unreachable.rawValue && lost.output.isEmpty, "\(lost)")
            await server.inject(.ignore(.join()))
            let slow = try await Child.run(
                "push",
                server.url("/socket/websocket"),
                "room:1",
                "new_msg",
                "--timeout",
                "0.3"
            )
            #expect(slow.status == Status.timeout.rawValue && slow.notes.contains("join of room:1"), "\(slow)")
        }
    }

    @Test("a channel that crashes is joined again, after longer and longer when it never works")
    func crashLoop() async throws {
        try await PhoenixTestServer.withServer { site in
            site.socket("/socket") { socket in
                socket.channel("room:*") { channel in
                    channel.onJoin { context, _ in
                        context.after(.zero) { _ in throw CancellationError() }
                        return .ok()
                    }
                }
            }
        } _: { server in
            let listener = try Child(["listen", server.url("/socket/websocket"), "room:1"])
            for number in 1...2 {
                let line = try #require(await listener.line("The channel of room:1 crashed. Joining again in "))
                let delay = line.dropFirst("The channel of room:1 crashed. Joining again in ".count)
                // The first wait is 0.5 to 1 s, the second 1 to 2 s.
                #expect(
                    number == 1 || (delay.hasSuffix(" s.") && (delay.hasPrefix("1.") || delay == "2.00 s.")),
                    "\(line)"
                )
                listener.forget(through: line)
            }
            listener.interrupt()
            #expect(await listener.end().status == 0)
        }
    }

    @Test("demo plays all its steps and ends with 0")
    func demo() async throws {
        let run = try await Child.run("demo")
        #expect(run.status == 0, "\(run)")
        #expect(run.lines.last?.hasPrefix("All 29 steps went as they should") == true)
        #expect(!run.output.contains("\u{1B}"), "no colours where there is no terminal")
    }

    @Test(
        "completions are scripts of their shells",
        arguments: [("bash", "complete"), ("zsh", "#compdef phx"), ("fish", "complete -c 'phx'")]
    )
    func completions(shell: String, part: String) async throws {
        let run = try await Child.run("completions", shell)
        #expect(run.status == 0)
        #expect(run.output.contains(part))
    }
}
