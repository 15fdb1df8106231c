private import Dispatch

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Reads standard input without holding up a thread that others need; waiting can be cancelled.
///
/// One reader at a time.
final class StandardInput: Sendable {
    private let queue = DispatchQueue(label: "phx.standard-input")
    /// A pipe: something is written to `waker` to end a wait on `wakee`.
    private let wakee: Int32
    private let waker: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        // Without a pipe (-1 is ignored by poll) waiting just cannot be cancelled.
        _ = pipe(&ends)
        (wakee, waker) = (ends[0], ends[1])
    }

    deinit {
        close(wakee)
        close(waker)
    }

    /// The next bytes; nil at the end, or when the task is cancelled.
    func next() async -> [UInt8]? {
        guard !Task.isCancelled else { return nil }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: self.wait()) }
            }
        } onCancel: {
            _ = System.write([0], to: waker)
        }
    }

    private func wait() -> [UInt8]? {
        var requests = [
            pollfd(fd: wakee, events: Int16(POLLIN), revents: 0),
            pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&requests, nfds_t(requests.count), -1) < 0 {
            guard errno == EINTR else { return nil }
        }
        return requests[0].revents == 0 ? System.read(upTo: 65_536, from: 0) : nil
    }
}

/// Splits bytes into lines.
struct LineSplitter {
    /// A longer line is cut here.
    static let limit = 10_000_000
    private var rest: [UInt8] = []

    /// The lines that `bytes` complete, without their line breaks.
    mutating func lines(from bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0A || rest.count >= Self.limit {
                lines.append(finish() ?? "")
                if byte == 0x0A { continue }
            }
            rest.append(byte)
        }
        return lines
    }

    /// The last line, when it ends without a line break.
    mutating func finish() -> String? {
        guard !rest.isEmpty else { return nil }
        if rest.last == 0x0D { rest.removeLast() }
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }
}
