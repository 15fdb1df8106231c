private import Dispatch
private import Foundation

/// The client under measurement; what it found goes to standard output as one line of JSON.
///
///     client net PORT CASE COUNT SIZE [OPTION…]     on a real connection
///     client longpoll PORT ENGINE CASE COUNT SIZE [OPTION…]     over long polling; ENGINE: urlsession, asynchttp
///     client memory CASE COUNT SIZE [OPTION…]       without a network: driver, serializer and channel table alone
///     client managed PORT WAY COUNT SIZE            by the managed layer; WAY: callbacks, sequence
///     client idle PORT CONNECTIONS MESSAGES         memory per connection, after so many messages on each
///     client control COUNT                          allocates once per message: must count 1
///
/// Cases: integer, untouched, decodable, echo, pipelined, send. Options: erased, v1, messagepack (in memory), loop (the
/// driver on the connection's event loop), deflate (offers permessage-deflate), topics=N, connections=N.
@main
struct Client {
    static func main() {
        // Not an asynchronous main: the way in which that leaves the main thread is too much for valgrind.
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            do {
                try await run()
            } catch {
                print(error)
                exit(1)
            }
            done.signal()
        }
        done.wait()
    }

    private static func run() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        #if Network
        case "net" where arguments.count > 1: try await Plan(arguments.dropFirst(2)).run(port: Int(arguments[1]) ?? 0)
        case "longpoll" where arguments.count > 2:
            try await Plan(arguments.dropFirst(3)).run(port: Int(arguments[1]) ?? 0, engine: arguments[2])
        case "managed": try await Managed.run(arguments.dropFirst())
        case "idle": try await Idle.run(arguments.dropFirst())
        #endif
        case "memory": try await Plan(arguments.dropFirst()).run()
        case "control": Control.run(arguments.dropFirst())
        default:
            throw Misuse(
                text: "Expected net, longpoll, managed, memory, idle or control, got \(arguments.first ?? "nothing")."
            )
        }
    }
}

/// A command line that is none, or a run that went wrong.
struct Misuse: Error {
    var text: String
}
