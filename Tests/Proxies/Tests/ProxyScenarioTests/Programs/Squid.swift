import Foundation

/// A squid that lets in whoever knows alice's password.
struct Squid {
    /// alice's password, as it stands in a URL.
    static let credentials = "alice:wonder%20land"
    /// What of it must not be shown anywhere: in clear, in a URL, in a header.
    static let secrets = ["wonder land", "wonder%20land", "YWxpY2U6d29uZGVyIGxhbmQ="]

    let folder: Folder
    let port: UInt16
    private let program: Program

    /// Starts a squid that opens tunnels, or does not.
    static func start(opensTunnels: Bool = true) async throws -> Squid {
        let folder = try Folder()
        // `openssl passwd -apr1 'wonder land'`
        try folder.write("alice:$apr1$abcdefgh$UBqLp/wsCmGve.NJ.M9H20\n", to: "passwords")
        let (program, port) = try await Program.start("squid", in: folder) { port in
            try configure(folder, port, opensTunnels: opensTunnels)
            return ["-N", "-f", "\(folder.path)/squid.conf"]
        }
        return Squid(folder: folder, port: port, program: program)
    }

    private static func configure(_ folder: Folder, _ port: UInt16, opensTunnels: Bool) throws {
        let rules = opensTunnels ? "" : "acl tunnels method CONNECT\nhttp_access deny tunnels\n"
        try folder.write(
            """
            http_port 127.0.0.1:\(port)
            pid_filename none
            access_log stdio:\(folder.path)/access.log
            cache_log \(folder.path)/cache.log
            cache deny all
            cache_mem 8 MB
            coredump_dir \(folder.path)
            pinger_enable off
            visible_hostname localhost
            max_filedescriptors 1024
            shutdown_lifetime 0 seconds
            auth_param basic program /usr/lib/squid/basic_ncsa_auth \(folder.path)/passwords
            auth_param basic children 1 startup=1 idle=1
            acl known proxy_auth REQUIRED
            \(rules)http_access allow known
            http_access deny all

            """,
            to: "squid.conf"
        )
    }

    /// Lets the running squid open tunnels from now on.
    func openTunnels() throws {
        try Self.configure(folder, port, opensTunnels: true)
        program.signal(SIGHUP)
    }

    /// The proxy's URL, with alice's credentials or others.
    func url(_ credentials: String? = Squid.credentials) -> String {
        "http://\(credentials.map { $0 + "@" } ?? "")127.0.0.1:\(port)"
    }

    /// The requests squid has finished, a line each.
    var log: String { folder.read("access.log") }

    func stop() async {
        await program.stop()
    }
}
