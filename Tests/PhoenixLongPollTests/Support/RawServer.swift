internal import Foundation
internal import PhoenixKit
internal import Synchronization

/// An HTTP server of one thread a connection, whose answers are bytes that a test chooses.
final class RawServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        /// Which connection it came on, from 1, and the how manieth on it, from 1.
        let connection: Int
        let number: Int
        let method: String
        let target: String
        /// In order, names as they came.
        let headers: [HeaderField]
        let body: [UInt8]
        /// Whether the body is as long as the head says.
        let isComplete: Bool

        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }
    }

    /// What the server does with a request.
    enum Reaction: Sendable {
        case answer([UInt8])
        /// Sends this much and closes the connection.
        case cut([UInt8])
        /// Answers when the test lets it, at the latest when the server stops.
        case wait(Gate, [UInt8])

        static func json(_ text: String, status: String = "200 OK", _ headers: String = "") -> Reaction {
            .answer(RawServer.response(status, headers, Array(text.utf8)))
        }
    }

    /// Something that a test opens once.
    final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func open() { semaphore.signal() }
        fileprivate func wait() {
            semaphore.wait()
            semaphore.signal()
        }
    }

    private struct State {
        var requests: [Request] = []
        var sockets: [Int32] = []
        var gates: [Gate] = []
        var connections = 0
        var isStopped = false
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())
    private let react: @Sendable (Request) -> Reaction

    /// All requests so far.
    var requests: [Request] { state.withLock { $0.requests } }

    init(_ react: @escaping @Sendable (Request) -> Reaction) throws {
        self.react = react
        #if canImport(Glibc)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isUp = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isUp else { throw PhoenixError(.unreachable, "The test's server did not come up.") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    /// Closes all sockets and opens all gates.
    func stop() {
        let (sockets, gates, observers) = state.withLock { state in
            state.isStopped = true
            defer { state.observers = [] }
            return (state.sockets, state.gates, state.observers)
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        for gate in gates { gate.open() }
        for observer in observers { observer.continuation.resume() }
    }

    /// Waits until there were `count` requests.
    func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count >= count || state.isStopped { return true }
                state.observers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    static func response(_ status: String, _ headers: String, _ body: [UInt8]) -> [UInt8] {
        Array("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    // MARK: Threads

    private func accept() {
        while true {
            #if canImport(Glibc)
            let socket = Glibc.accept(listener, nil, nil)
            #else
            let socket = Darwin.accept(listener, nil, nil)
            #endif
            guard socket >= 0 else { break }
            let number = state.withLock { state in
                state.connections += 1
                state.sockets.append(socket)
                return state.isStopped ? nil : state.connections
            }
            guard let number else { break }
            Thread.detachNewThread { [self] in
                serve(socket, number)
                state.withLock { $0.sockets.removeAll { $0 == socket } }
                close(socket)
            }
        }
        close(listener)
    }

    private func serve(_ socket: Int32, _ connection: Int) {
        var buffer: [UInt8] = []
        var number = 0
        while let request = Self.read(socket, &buffer, connection, number + 1) {
            number += 1
            let observers = state.withLock { state in
                state.requests.append(request)
                let count = state.requests.count
                defer { state.observers.removeAll { $0.count <= count } }
                return state.observers.filter { $0.count <= count }
            }
            let reaction = react(request)
            for observer in observers { observer.continuation.resume() }
            guard request.isComplete else { return }
            switch reaction {
            case .answer(let bytes):
                guard Self.write(bytes, to: socket) else { return }
            case .cut(let bytes):
                _ = Self.write(bytes, to: socket)
                return
            case .wait(let gate, let bytes):
                let isStopped = state.withLock { state in
                    state.gates.append(gate)
                    return state.isStopped
                }
                if !isStopped { gate.wait() }
                guard Self.write(bytes, to: socket) else { return }
            }
        }
    }

    private static func read(
        _ socket: Int32,
        _ buffer: inout [UInt8],
        _ connection: Int,
        _ number: Int
    ) -> Request? {
        let mark = Array("\r\n\r\n".utf8)
        while buffer.firstRange(of: mark) == nil {
            guard fill(&buffer, from: socket) else { return nil }
        }
        guard let end = buffer.firstRange(of: mark) else { return nil }
        let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return HeaderField(
                String(line[..<colon]),
                line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
            )
        }
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        buffer.removeSubrange(..<end.upperBound)
        while buffer.count < length, fill(&buffer, from: socket) {}
        let body = Array(buffer.prefix(length))
        buffer.removeFirst(body.count)
        return Request(
            connection: connection,
            number: number,
            method: String(words[0]),
            target: String(words[1]),
            headers: headers,
            body: body,
            isComplete: body.count == length
        )
    }

    private static func fill(_ buffer: inout [UInt8], from socket: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    private static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            #if canImport(Glibc)
            let flags = Int32(MSG_NOSIGNAL)
            #else
            let flags: Int32 = 0
            #endif
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
