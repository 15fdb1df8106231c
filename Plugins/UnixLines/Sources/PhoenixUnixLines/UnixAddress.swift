internal import Foundation
internal import PhoenixKit

/// The address of a Unix domain socket.
struct UnixAddress {
    private var address = sockaddr_un()

    /// - Throws: `.invalidURL` for a path that is longer than the system takes (107 bytes on Linux).
    init(path: String) throws(PhoenixError) {
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
            throw PhoenixError(.invalidURL, "Expected a path of 1 to \(room - 1) bytes, got one of \(bytes.count).")
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    /// A socket that is connected; a Unix domain socket connects or fails at once, unless its server is overrun.
    ///
    /// - Throws: `.unreachable`, `.timeout` when the queue of the server is full.
    func connect() throws(PhoenixError) -> Int32 {
        #if canImport(Glibc)
        let socket = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let socket = Foundation.socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        guard socket >= 0 else { throw PhoenixError(.unreachable, "No socket could be opened: error \(errno).") }
        // Not blocking while it connects: a server that is overrun must not hold up this thread.
        let flags = fcntl(socket, F_GETFL, 0)
        _ = fcntl(socket, F_SETFL, flags | O_NONBLOCK)
        let code = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Foundation.connect(socket, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            close(socket)
            if code == EAGAIN { throw PhoenixError(.timeout, "Expected the server to accept, but its queue is full.") }
            throw PhoenixError(.unreachable, "Nothing listens at the path: error \(code). Check that the server runs.")
        }
        _ = fcntl(socket, F_SETFL, flags)
        return socket
    }
}
