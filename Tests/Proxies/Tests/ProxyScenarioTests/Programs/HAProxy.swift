import Foundation

/// A haproxy before one server or several.
struct HAProxy {
    /// What it does to those who pass.
    struct Behaviour {
        /// How long a tunnel may be idle before it is cut.
        var idleTunnel = "1h"
        /// Whether it answers upgrades with 501 by itself.
        var refusesUpgrades = false
        /// Whether a client always gets to the same server; otherwise each request goes to the next.
        var isSticky = false
    }

    let folder: Folder
    let port: UInt16
    private let servers: [Int]
    private let program: Program

    static func start(before servers: [Int], _ behaviour: Behaviour) async throws -> HAProxy {
        let folder = try Folder()
        let (program, port) = try await Program.start("haproxy", in: folder) { port in
            ["-W", "-db", "-f", try configure(folder, port, servers, behaviour)]
        }
        return HAProxy(folder: folder, port: port, servers: servers, program: program)
    }

    private static func configure(
        _ folder: Folder,
        _ port: UInt16,
        _ servers: [Int],
        _ behaviour: Behaviour
    ) throws -> String {
        let list = servers.enumerated().map { "    server s\($0.offset) 127.0.0.1:\($0.element)" }
        let rules =
            behaviour.refusesUpgrades
            ? "    http-request deny deny_status 501 if { req.hdr(Upgrade) -i websocket }\n" : ""
        return try folder.write(
            """
            global
                maxconn 200
            defaults
                mode http
                timeout connect 5s
                timeout client 60s
                timeout server 60s
                timeout tunnel \(behaviour.idleTunnel)
            frontend front
                bind 127.0.0.1:\(port)
            \(rules)    default_backend back
            backend back
                balance \(behaviour.isSticky ? "source" : "roundrobin")
            \(list.joined(separator: "\n"))

            """,
            to: "haproxy.cfg"
        )
    }

    /// Changes what the running haproxy does, as `systemctl reload haproxy` does: new connections are treated so.
    func reload(_ behaviour: Behaviour) throws {
        _ = try Self.configure(folder, port, servers, behaviour)
        program.signal(SIGUSR2)
    }

    func stop() async {
        await program.stop()
    }
}
