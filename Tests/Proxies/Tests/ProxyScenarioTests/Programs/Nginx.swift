import Foundation

/// An nginx as a reverse proxy, set up as many are: it does not pass `Upgrade` on.
struct Nginx {
    let folder: Folder
    let port: UInt16
    private let program: Program
    private let server: Int

    static func start(before server: Int) async throws -> Nginx {
        let folder = try Folder()
        let (program, port) = try await Program.start("nginx", in: folder) { port in
            try configure(folder, port, before: server, passesUpgrade: false)
            return ["-p", folder.path, "-e", "\(folder.path)/error.log", "-c", "\(folder.path)/nginx.conf"]
        }
        return Nginx(folder: folder, port: port, program: program, server: server)
    }

    private static func configure(_ folder: Folder, _ port: UInt16, before server: Int, passesUpgrade: Bool) throws {
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder.path)/\($0);"
        }
        let upgrade =
            passesUpgrade ? "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";" : ""
        try folder.write(
            """
            daemon off;
            master_process on;
            worker_processes 1;
            pid \(folder.path)/nginx.pid;
            events { worker_connections 256; }
            http {
                access_log \(folder.path)/access.log;
                \(places.joined(separator: " "))
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://127.0.0.1:\(server);
                        proxy_http_version 1.1;
                        \(upgrade)
                    }
                }
            }

            """,
            to: "nginx.conf"
        )
    }

    /// Lets the running nginx pass `Upgrade` on from now on, as `nginx -s reload` does.
    func passUpgrade() throws {
        try Self.configure(folder, port, before: server, passesUpgrade: true)
        program.signal(SIGHUP)
    }

    func stop() async {
        await program.stop()
    }
}
