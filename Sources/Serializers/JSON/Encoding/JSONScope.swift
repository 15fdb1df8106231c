internal import PhoenixKit

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What one `encode(to:)` writes: nothing yet, one value, an object or an array.
final class JSONScope {
    private enum State {
        case empty, single, object, array
        /// Nothing can be written any more, whoever has kept the encoder.
        case ended
    }

    let output: JSONOutput
    let path: JSONPath?
    private let depth: Int
    private var state = State.empty
    /// How many members or elements have been written.
    private(set) var count = 0
    /// The first error that could not be thrown where it happened.
    private var failure: (any Error)?

    private init(output: JSONOutput, path: JSONPath?, depth: Int) {
        self.output = output
        self.path = path
        self.depth = depth
    }

    /// The whole of `value` as JSON.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let scope = JSONScope(output: JSONOutput(), path: nil, depth: 0)
        try scope.writeSingle { try scope.write(value, path: nil, depth: 0) }
        return try scope.output.finished()
    }

    var codingPath: [any CodingKey] { JSONPath.keys(path) }

    // MARK: What kind of value it is

    /// Begins an object, or goes on with it.
    func beginObject() { begin(.object, UInt8(ascii: "{")) }

    /// Begins an array, or goes on with it.
    func beginArray() { begin(.array, UInt8(ascii: "[")) }

    private func begin(_ kind: State, _ bracket: UInt8) {
        if state == .empty {
            state = kind
            output.writer.write(bracket)
        } else if state != kind {
            failure = failure ?? invalid("One value is of one kind, and complete when encode(to:) returns.")
        }
    }

    /// Ends the value: closes the brackets, and makes good when nothing was written.
    private func end(orElse empty: StaticString? = nil) throws {
        defer { state = .ended }
        if let failure { throw failure }
        switch state {
        case .single, .ended: break
        case .object: output.writer.write(UInt8(ascii: "}"))
        case .array: output.writer.write(UInt8(ascii: "]"))
        case .empty:
            guard let empty else { throw invalid("The value did not encode anything.") }
            output.writer.write(empty)
        }
    }

    /// The text of a scope that has an output of its own.
    func finished() throws -> [UInt8] {
        try end(orElse: "{}")
        return try output.finished()
    }

    // MARK: Writing

    /// Writes a value on its own.
    func writeSingle(_ body: () throws -> Void) throws {
        guard state == .empty, failure == nil else { throw failure ?? invalid("The value is complete.") }
        try undoing(body)
        state = .single
    }

    /// Writes a member: its key, and what `body` writes.
    @inline(__always)
    func writeMember(_ key: some CodingKey, _ body: () throws -> Void) throws {
        guard failure == nil, state == .object else { throw failure ?? invalid("The object is complete.") }
        try undoing {
            if count > 0 { output.writer.write(UInt8(ascii: ",")) }
            output.writer.write(string: key.stringValue)
            output.writer.write(UInt8(ascii: ":"))
            try body()
        }
        count += 1
    }

    /// Writes an element.
    @inline(__always)
    func writeElement(_ body: () throws -> Void) throws {
        guard failure == nil, state == .array else { throw failure ?? invalid("The array is complete.") }
        try undoing {
            if count > 0 { output.writer.write(UInt8(ascii: ",")) }
            try body()
        }
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

    /// Writes a floating-point number.
    func write<Number: BinaryFloatingPoint & CustomStringConvertible>(
        _ number: Number,
        _ path: @autoclosure () -> [any CodingKey]
    ) throws {
        guard output.writer.write(number) else {
            let description = "JSON has no representation of infinite numbers and NaN."
            throw EncodingError.invalidValue(
                number,
                EncodingError.Context(codingPath: path(), debugDescription: description)
            )
        }
    }

    /// Writes a value of any type in the place that has been prepared for it.
    func write<Encoded: Encodable>(_ value: Encoded, in key: any CodingKey) throws {
        try write(value, path: JSONPath(path, key), depth: depth + 1)
    }

    /// Writes a value of any type as the scope's own.
    func write<Encoded: Encodable>(_ value: Encoded) throws {
        try write(value, path: path, depth: depth)
    }

    private func write<Encoded: Encodable>(_ value: Encoded, path: JSONPath?, depth: Int) throws {
        if Encoded.self == Value.self, let value = value as? Value {
            try output.writer.write(value, depth: depth, path: JSONPath.keys(path))
        } else if Encoded.self == Payload.self, let payload = value as? Payload {
            try write(payload, path: path, depth: depth)
        } else if Encoded.self == Data.self, let data = value as? Data {
            output.writer.write(string: data.base64EncodedString())
        } else if Encoded.self == URL.self, let url = value as? URL {
            output.writer.write(string: url.absoluteString)
        } else if Encoded.self == Decimal.self, let decimal = value as? Decimal {
            guard !decimal.isNaN else { throw invalid("JSON has no representation of NaN.") }
            output.writer.write(json: decimal.description.utf8)
        } else {
            guard depth < JSONScanner.maximumDepth else {
                throw EncodingError.invalidValue(
                    value,
                    EncodingError.Context(
                        codingPath: JSONPath.keys(path),
                        debugDescription: "JSON is written with at most 512 levels of nesting."
                    )
                )
            }
            let scope = JSONScope(output: output, path: path, depth: depth)
            do {
                try value.encode(to: JSONEncoding(scope: scope))
                try scope.end()
            } catch {
                scope.state = .ended
                throw error
            }
        }
    }

    /// Writes a payload: one of JSON as it is, once it proved to be sound, any other as a dynamic value.
    private func write(_ payload: Payload, path: JSONPath?, depth: Int) throws {
        guard payload.format?.name == JSONFormat().name else {
            return try output.writer.write(payload.value(), depth: depth, path: JSONPath.keys(path))
        }
        try output.writer.write(checked: payload.bytes, depth: depth)
    }

    // MARK: Nested containers

    /// Keeps a place, which `place` prepares, for a value that is written while the outer one goes on.
    func nested(in key: any CodingKey, _ place: (() throws -> Void) throws -> Void) -> JSONScope {
        let scope = JSONScope(output: JSONOutput(), path: JSONPath(path, key), depth: depth + 1)
        do {
            guard scope.depth < JSONScanner.maximumDepth else {
                throw invalid("JSON is written with at most 512 levels of nesting.")
            }
            try place { output.insert(scope) }
        } catch {
            // The caller cannot be told before the value ends.
            failure = failure ?? error
        }
        return scope
    }

    private func invalid(_ description: String) -> EncodingError {
        .invalidValue(self, EncodingError.Context(codingPath: codingPath, debugDescription: description))
    }
}
