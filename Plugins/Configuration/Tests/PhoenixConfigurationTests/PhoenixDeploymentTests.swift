import Configuration
import Foundation
import PhoenixConfiguration
import PhoenixJSON
import PhoenixKit
import PhoenixLongPoll
import PhoenixTesting
import SystemPackage
import Testing

@Suite("A deployment's configuration", .timeLimit(.minutes(1)))
struct PhoenixDeploymentTests {
    private let registry: PluginRegistry = {
        var registry = PluginRegistry()
        registry.register(TransportPlugin.longPoll)
        registry.register(SerializerPlugin.json)
        return registry
    }()

    private func environment(_ variables: [String: String]) -> ConfigReader {
        ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)).scoped(to: "phoenix")
    }

    @Test("the environment chooses transport, version and options")
    func fromTheEnvironment() async throws {
        let reader = environment([
            "PHOENIX_URL": "https://example.org/socket", "PHOENIX_TRANSPORT": "longpoll", "PHOENIX_VSN": "1.0.0",
            "PHOENIX_LONGPOLL_TOKEN": "header", "PHOENIX_AUTH_TOKEN": "hush",
        ])
        let deployment = try await PhoenixDeployment(reading: reader, for: registry)
        #expect(deployment.options.strings == ["transport": "longpoll", "vsn": "1.0.0", "longpoll.token": "header"])
        #expect(deployment.target.authToken == "hush")
        let resolution = try registry.resolve(deployment.target.endpoint, deployment.options)
        #expect(resolution.transport.capabilities.name == "longpoll")
        #expect(resolution.serializer.version == "1.0.0")
    }

    @Test("a JSON file chooses as well, numbers included, and the environment goes before it")
    func fromAFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "deployment-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: path) }
        let text =
            #"{"phoenix":{"url":"ws://localhost/socket/longpoll","transports":["longpoll"],"vsn":"1.0.0","longpoll":{"poll-deadline":12}}}"#
        try Data(text.utf8).write(to: path)
        let reader = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: ["PHOENIX_VSN": "2.0.0"]),
            try await FileProvider<JSONSnapshot>(filePath: FilePath(path.path)),
        ]).scoped(to: "phoenix")
        let deployment = try await PhoenixDeployment(reading: reader, for: registry)
        #expect(deployment.transports == ["longpoll"])
        #expect(deployment.options.strings == ["vsn": "2.0.0", "longpoll.poll-deadline": "12"])
    }

    @Test(
        "what cannot work is refused at the start, and says why without a secret",
        arguments: [
            ([:], PhoenixError.Code.invalidOption, "url"),
            (["PHOENIX_URL": "ws://localhost/socket"], .unknownTransport, "/longpoll"),
            (["PHOENIX_URL": "ws://localhost/socket/longpoll", "PHOENIX_VSN": "9.9"], .unknownSerializer, "2.0.0"),
            (
                ["PHOENIX_URL": "ws://localhost/socket/longpoll", "PHOENIX_TRANSPORTS": "pigeon"], .unknownTransport,
                "pigeon"
            ),
            (
                ["PHOENIX_URL": "ws://localhost/socket/longpoll", "PHOENIX_PROXY": "ftp://ada:hush@proxy"],
                .invalidOption,
                "proxy"
            ),
        ] as [([String: String], PhoenixError.Code, String)]
    )
    func refused(_ variables: [String: String], _ code: PhoenixError.Code, _ word: String) async throws {
        let error = await #expect(throws: PhoenixError.self) {
            try await PhoenixDeployment(reading: environment(variables), for: registry)
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(word) == true, "\(String(describing: error))")
        #expect(error.map { "\($0)".contains("hush") } == false)
    }

    @Test("a socket is made of it")
    func socket() async throws {
        let reader = environment(["PHOENIX_URL": "ws://localhost:1/socket", "PHOENIX_TRANSPORTS": "longpoll"])
        let socket = try PhoenixSocket(try await PhoenixDeployment(reading: reader, for: registry), registry: registry)
        #expect(socket.state.kind == .disconnected)
    }
}
