import Foundation
import Synchronization

/// A proxy that runs as a child process, in the foreground and without privileges.
final class Program: Sendable {
    /// Why a proxy does not run.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let identifier: Int32
    private let ended: Task<Int32, Never>

    private init(_ identifier: Int32, ended: Task<Int32, Never>) {
        self.identifier = identifier
        self.ended = ended
    }

    /// Starts `name` and waits until it accepts connections at a port that `configure` is given.
    ///
    /// The port was free a moment before; where somebody else took it, another is tried.
    static func start(
        _ name: String,
        in folder: Folder,
        configure: (_ port: UInt16) throws -> [String]
    ) async throws -> (program: Program, port: UInt16) {
        var complaint = ""
        for _ in 0..<5 {
            let port = try freePort()
            let program = try launch(name, configure(port), in: folder)
            if await program.listens(at: port) { return (program, port) }
            await program.stop()
            complaint = folder.read("output")
        }
        throw Failure(description: "\(name) does not listen at the port it was given. It said: \(complaint)")
    }

    /// Starts `name` without waiting for anything.
    static func launch(_ name: String, _ arguments: [String], in folder: Folder) throws -> Program {
        var command = [try find(name)] + arguments
        if getuid() == 0 {
            // The user nobody, who may do nothing.
            command = [try find("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", "--"] + command
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = FileHandle.nullDevice
        let output = try folder.write("", to: "output")
        let handle = FileHandle(forWritingAtPath: output)
        process.standardOutput = handle
        process.standardError = handle
        let (statuses, status) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = {
            status.yield($0.terminationStatus)
            status.finish()
        }
        try withoutBlockedSignals { try process.run() }
        let ended = Task { await statuses.first { _ in true } ?? -1 }
        return Program(process.processIdentifier, ended: ended)
    }

    func signal(_ number: Int32) {
        kill(identifier, number)
    }

    /// Waits for the end of the process, which must have been asked to end.
    func end() async {
        _ = await ended.value
    }

    /// Ends the process, if it has not ended yet, and waits for that.
    func stop() async {
        kill(identifier, SIGTERM)
        let last = Task {
            try await Task.sleep(for: .seconds(5))
            kill(identifier, SIGKILL)
        }
        _ = await ended.value
        last.cancel()
    }

    /// Whether somebody accepts connections at `port` before 20 s have passed or the process has ended.
    private func listens(at port: UInt16) async -> Bool {
        let isOver = Mutex(false)
        let watch = Task {
            _ = await ended.value
            isOver.withLock { $0 = true }
        }
        defer { watch.cancel() }
        for _ in 0..<400 {
            if isOver.withLock({ $0 }) { return false }
            if Self.accepts(port) { return true }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private static func find(_ name: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for folder in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/sbin"] {
            if FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
        }
        throw Failure(
            description:
                "Expected the program \(name), which is not installed. scripts/check-proxies installs it on Debian; "
                + "elsewhere install it by hand."
        )
    }

    /// Runs `body` with no signal blocked.
    ///
    /// A child takes over what its parent's thread blocks, and the threads that tasks run on block nearly all: it would hear
    /// neither SIGTERM nor SIGHUP.
    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    // MARK: Ports

    private static func freePort() throws -> UInt16 {
        try withSocket { socket, address in
            var address = address
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
                }
            }
            guard bound else { throw Failure(description: "No port is free on 127.0.0.1 (\(errno)).") }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    private static func accepts(_ port: UInt16) -> Bool {
        let isAccepted = try? withSocket { socket, address in
            var address = address
            address.sin_port = port.bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
        return isAccepted ?? false
    }

    private static func withSocket<Result>(_ body: (Int32, sockaddr_in) throws -> Result) throws -> Result {
        #if os(Linux)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw Failure(description: "No socket (\(errno)).") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try body(descriptor, address)
    }
}
