/// A tinyproxy that lets in whoever knows alice's password.
struct Tinyproxy {
    static let credentials = "alice:wonderland"
    static let secrets = ["wonderland", "YWxpY2U6d29uZGVybGFuZA=="]

    let folder: Folder
    let port: UInt16
    private let program: Program

    static func start() async throws -> Tinyproxy {
        let folder = try Folder()
        let (program, port) = try await Program.start("tinyproxy", in: folder) { port in
            try folder.write(
                """
                Port \(port)
                Listen 127.0.0.1
                Timeout 600
                MaxClients 20
                LogFile "\(folder.path)/tinyproxy.log"
                LogLevel Connect
                BasicAuth alice wonderland

                """,
                to: "tinyproxy.conf"
            )
            return ["-d", "-c", "\(folder.path)/tinyproxy.conf"]
        }
        return Tinyproxy(folder: folder, port: port, program: program)
    }

    func url(_ credentials: String? = Tinyproxy.credentials) -> String {
        "http://\(credentials.map { $0 + "@" } ?? "")127.0.0.1:\(port)"
    }

    var log: String { folder.read("tinyproxy.log") }

    func stop() async {
        await program.stop()
    }
}
