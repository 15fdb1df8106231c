import Foundation
import Glibc
import PhoenixKit
import PhoenixTesting
import PhoenixUnixLines

/// A server of lines at a Unix domain socket in a folder of its own.
final class LinePeer: TransportPeer {
    let path: String
    private let listener: Int32
    private let calls = DispatchQueue(label: "accept")

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "phx-\(UInt32.random(in: 0 ... .max))").path
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let (listener, length) = (listener, socklen_t(MemoryLayout<sockaddr_un>.size))
        let isUp = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 }
        }
        guard isUp, listen(listener, 16) == 0 else { throw PhoenixError(.unreachable, "The peer did not come up.") }
    }

    deinit {
        close(listener)
        unlink(path)
    }

    var url: Endpoint { Endpoint(scheme: "unix", host: "localhost", path: "/socket/unixlines") }

    func accept() async throws -> any TransportPeerConnection {
        let (listener, calls) = (listener, calls)
        let socket = await withCheckedContinuation { continuation in
            calls.async { continuation.resume(returning: Glibc.accept(listener, nil, nil)) }
        }
        guard socket >= 0 else { throw PhoenixError(.unreachable, "The peer could not accept.") }
        return LinePeerConnection(socket: socket)
    }
}

/// The peer's end of one connection; reads when it is asked to.
final class LinePeerConnection: TransportPeerConnection {
    private let socket: Int32
    private let reads = DispatchQueue(label: "reads")
    private let writes = DispatchQueue(label: "writes")
    nonisolated(unsafe) private var buffer: [UInt8] = []  // Used on `reads` alone.

    init(socket: Int32) {
        self.socket = socket
    }

    deinit { Glibc.close(socket) }

    func receive() async throws -> Frame? {
        try await withCheckedThrowingContinuation { continuation in
            reads.async { [self] in continuation.resume(with: Result { try read() }) }
        }
    }

    private func read() throws -> Frame? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let frame = try LineFraming.decode(&buffer, limit: 10_000_000) { return frame }
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count > 0 else {
                shutdown(socket, Int32(SHUT_RDWR))
                return nil
            }
            buffer += chunk[..<count]
        }
    }

    func send(_ frames: [Frame]) async throws {
        let bytes = try frames.flatMap { try LineFraming.encode($0) }
        await withCheckedContinuation { continuation in
            writes.async { [socket] in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes {
                        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard count > 0 else { break }
                    rest = rest.dropFirst(count)
                }
                continuation.resume()
            }
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            writes.async { [socket] in
                shutdown(socket, Int32(SHUT_WR))
                continuation.resume()
            }
        }
    }

    /// Half a line and the end: what a process that was killed leaves behind.
    func reset() async {
        await withCheckedContinuation { continuation in
            writes.async { [socket] in
                _ = Array("t9".utf8).withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                shutdown(socket, Int32(SHUT_RDWR))
                continuation.resume()
            }
        }
    }
}
