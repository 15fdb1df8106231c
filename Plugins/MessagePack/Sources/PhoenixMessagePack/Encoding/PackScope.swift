internal import PhoenixKit

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What one `encode(to:)` writes: nothing yet, one value, a map or an array.
final class PackScope {
    private enum State {
        case empty, single, map, array
        /// Nothing can be written any more, whoever has kept the encoder.
        case ended
    }

    let output: PackOutput
    let path: PackPath?
    private let depth: Int
    private var state = State.empty
    /// Where the header of the map or array is.
    private var header: PackOutput.Mark?
    /// How many members or elements have been written.
    private(set) var count = 0
    /// The first error that could not be thrown where it happened.
    private var failure: (any Error)?

    private init(output: PackOutput, path: PackPath?, depth: Int) {
        self.output = output
        self.path = path
        self.depth = depth
    }

    /// The whole of `value` as MessagePack.
    static func encode(_ value: some Encodable, _ limits: MessagePackLimits) throws -> Bytes {
        let scope = PackScope(output: PackOutput(limits), path: nil, depth: 0)
        try scope.writeSingle { try scope.write(value, path: nil, depth: 0) }
        return try scope.output.finished().finished()
    }

    var codingPath: [any CodingKey] { PackPath.keys(path) }
    private var limits: MessagePackLimits { output.writer.limits }

    // MARK: What kind of value it is

    /// Begins a map, or goes on with it.
    func beginMap() { begin(.map) }

    /// Begins an array, or goes on with it.
    func beginArray() { begin(.array) }

    private func begin(_ kind: State) {
        if state == .empty {
            state = kind
            header = output.reserveHeader()
        } else if state != kind {
            failure = failure ?? invalid("One value is of one kind, and complete when encode(to:) returns.")
        }
    }

    /// Ends the value: fills in the header, and makes good when nothing was written.
    private func end(isOptional: Bool = false) throws {
        defer { state = .ended }
        if let failure { throw failure }
        switch state {
        case .single, .ended: break
        case .map, .array:
            if let header { try output.fillHeader(at: header, isMap: state == .map, count: count) }
        case .empty:
            guard isOptional else { throw invalid("The value did not encode anything.") }
            try output.writer.writeMapHeader(0)
        }
    }

    /// What a scope that has an output of its own has written.
    func finished() throws -> PackWriter {
        try end(isOptional: true)
        return try output.finished()
    }

    // MARK: Writing

    /// Writes a value on its own.
    @inline(__always)
    func writeSingle(_ body: () throws -> Void) throws {
        guard state == .empty, failure == nil else { throw failure ?? invalid("The value is complete.") }
        try undoing(body)
        state = .single
    }

    /// Writes a member: its key, and what `body` writes.
    @inline(__always)
    func writeMember(_ key: some CodingKey, _ body: () throws -> Void) throws {
        guard failure == nil, state == .map else { throw failure ?? invalid("The map is complete.") }
        try undoing {
            try output.writer.write(string: key.stringValue)
            try body()
        }
        count += 1
    }

    /// Writes an element.
    @inline(__always)
    func writeElement(_ body: () throws -> Void) throws {
        guard failure == nil, state == .array else { throw failure ?? invalid("The array is complete.") }
        try undoing(body)
        count += 1
    }

    /// Leaves no half of a value behind when `body` throws: the caller may catch the error and go on.
    @inline(__always)
    private func undoing(_ body: () throws -> Void) throws {
        let mark = output.mark
        do {
            try body()
        } catch {
            output.rewind(to: mark)
            throw error
        }
    }

    /// Writes a value of any type in the place that has been prepared for it.
    @inline(__always)
    func write<Encoded: Encodable>(_ value: Encoded, in key: any CodingKey) throws {
        try write(value, path: PackPath(path, key), depth: depth + 1)
    }

    /// Writes a value of any type as the scope's own.
    func write<Encoded: Encodable>(_ value: Encoded) throws {
        try write(value, path: path, depth: depth)
    }

    private func write<Encoded: Encodable>(_ value: Encoded, path: PackPath?, depth: Int) throws {
        if Encoded.self == Value.self, let value = value as? Value {
            try output.writer.write(value, depth: depth, path: PackPath.keys(path))
        } else if Encoded.self == Payload.self, let payload = value as? Payload {
            try output.writer.write(payload.value(), depth: depth, path: PackPath.keys(path))
        } else if Encoded.self == MessagePackTimestamp.self, let time = value as? MessagePackTimestamp {
            try output.writer.write(type: MessagePackTimestamp.type, data: time.data)
        } else if Encoded.self == Date.self, let date = value as? Date {
            guard let time = MessagePackTimestamp(date) else {
                throw invalid("MessagePack has no timestamp for this date.")
            }
            try output.writer.write(type: MessagePackTimestamp.type, data: time.data)
        } else if Encoded.self == Data.self, let data = value as? Data {
            try output.writer.write(data: Bytes([UInt8](data)))
        } else if Encoded.self == URL.self, let url = value as? URL {
            try output.writer.write(string: url.absoluteString)
        } else {
            try output.writer.descend(from: depth, value, PackPath.keys(path))
            let scope = PackScope(output: output, path: path, depth: depth)
            do {
                try value.encode(to: PackEncoding(scope: scope))
                try scope.end()
            } catch {
                scope.state = .ended
                throw error
            }
        }
    }

    // MARK: Nested containers

    /// Keeps a place, which `place` prepares, for a value that is written while the outer one goes on.
    func nested(in key: any CodingKey, _ place: (() throws -> Void) throws -> Void) -> PackScope {
        let scope = PackScope(output: PackOutput(limits), path: PackPath(path, key), depth: depth + 1)
        do {
            try output.writer.descend(from: scope.depth, self, codingPath)
            try place { output.insert(scope) }
        } catch {
            // The caller cannot be told before the value ends.
            failure = failure ?? error
        }
        return scope
    }

    private func invalid(_ description: String) -> EncodingError {
        PackWriter.invalid(self, codingPath, description)
    }
}

extension MessagePackTimestamp {
    /// Nil for dates that are not finite or beyond 64 bits of seconds.
    init?(_ date: Date) {
        let whole = date.timeIntervalSince1970.rounded(.down)
        guard let seconds = Int64(exactly: whole) else { return nil }
        let fraction = ((date.timeIntervalSince1970 - whole) * 1e9).rounded()
        // What rounds up to a whole second stays below it.
        self.init(seconds: seconds, nanoseconds: UInt32(min(max(fraction, 0), 999_999_999)))
    }

    var date: Date { Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9) }
}
