internal import PhoenixKit

/// The parts of a message, found in the bytes of a frame, and written to one.
enum PackEnvelope {
    private static let null: Bytes = [0xC0]

    // MARK: Decoding

    static func decode(_ frame: Bytes, _ format: MessagePackFormat) throws(MessagePackError) -> Message {
        var joinReference: Reference?
        var reference: Reference?
        var topic = 0..<0
        var event = 0..<0
        var status: String?
        var payload: Part?
        try frame.withScanner(format.limits) { scanner throws(MessagePackError) in
            guard case .array(let count) = try scanner.header(), count >= 5 else {
                throw MessagePackError(at: 0, expected: "an array of five elements")
            }
            joinReference = try scanner.reference()
            reference = try scanner.reference()
            topic = try scanner.name()
            event = try scanner.name()
            if scanner.matches(event, "phx_reply") {
                try scanner.reply(&status, &payload)
            } else {
                payload = try scanner.part(depth: 1)
            }
            for _ in 5..<count { try scanner.skip(depth: 1) }
            try scanner.expectEnd()
        }
        return Message(
            joinReference: joinReference,
            reference: reference,
            topicBytes: frame[topic],
            eventBytes: frame[event],
            status: status,
            payload: payload.map { $0.payload(in: frame, format) } ?? Payload(null, format: format)
        )
    }

    /// A payload or a response: where it is, and whether it is binary data.
    struct Part {
        let range: Range<Int>
        let isBinary: Bool

        func payload(in frame: Bytes, _ format: MessagePackFormat) -> Payload {
            isBinary ? Payload(binary: frame[range]) : Payload(frame[range], format: format)
        }
    }

    // MARK: Encoding

    static func encode(_ message: Message, _ format: MessagePackFormat) throws(PhoenixError) -> Bytes {
        var writer = PackWriter(
            format.limits,
            capacity: message.topicBytes.count + message.eventBytes.count + message.payload.bytes.count + 72
        )
        do {
            try writer.writeArrayHeader(5)
            try writer.write(message.joinReference)
            try writer.write(message.reference)
            try writer.write(name: message.topicBytes, "topic")
            try writer.write(name: message.eventBytes, "event")
            if let status = message.status {
                try writer.writeMapHeader(2)
                try writer.write(string: "status")
                try writer.write(string: status)
                try writer.write(string: "response")
            }
            try writer.write(message.payload, isResponse: message.status != nil)
            return try writer.finished()
        } catch let error as PhoenixError {
            throw error
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a message of at most \(format.limits.size) bytes, got one with a payload of "
                    + "\(message.payload.bytes). Send less, or raise the limit of the serializer.",
                cause: error
            )
        }
    }
}

extension PackScanner {
    /// Moves past a reference: a string, a number or nil.
    fileprivate mutating func reference() throws(MessagePackError) -> Reference? {
        let start = position
        switch try header() {
        case .null: return nil
        case .string(let length):
            try skipText(length)
            return Reference(text: characters((position &- length)..<position))
        case .unsigned(let number): return Reference(number, quoted: false)
        case .signed(let number):
            return UInt64(exactly: number).map { Reference($0, quoted: false) }
                ?? Reference(numberLiteral: String(number))
        case .float(let number): return Reference(numberLiteral: String(number))
        case .double(let number): return Reference(numberLiteral: String(number))
        default: throw MessagePackError(at: start, expected: "a reference: a string, a number or nil")
        }
    }

    /// Moves past a topic or an event: a string, or nil for an empty one.
    @inline(__always)
    fileprivate mutating func name() throws(MessagePackError) -> Range<Int> {
        guard position < bytes.count, bytes[position] == 0xC0 else { return try text() }
        position &+= 1
        return position..<position
    }

    /// Moves past a payload or a response.
    fileprivate mutating func part(depth: Int) throws(MessagePackError) -> PackEnvelope.Part {
        let start = position
        if case .binary(let length) = try header() {
            position &+= length
            return PackEnvelope.Part(range: (position &- length)..<position, isBinary: true)
        }
        position = start
        try skip(depth: depth)
        return PackEnvelope.Part(range: start..<position, isBinary: false)
    }

    /// Moves past what a reply carries: a map of a status, which is a string, and a response.
    fileprivate mutating func reply(
        _ status: inout String?,
        _ response: inout PackEnvelope.Part?
    ) throws(MessagePackError) {
        let start = position
        guard case .map(let count) = try header() else {
            throw MessagePackError(at: start, expected: "the map of a reply")
        }
        for _ in 0..<count {
            let key = try text()
            if matches(key, "status") {
                status = characters(try text())
            } else if matches(key, "response") {
                response = try part(depth: 2)
            } else {
                try skip(depth: 2)
            }
        }
        guard status != nil else { throw MessagePackError(at: start, expected: "a reply with a status") }
    }
}

extension PackWriter {
    /// Writes a reference in the form it came in.
    fileprivate mutating func write(_ reference: Reference?) throws {
        guard let reference else { return writeNil() }
        guard !reference.isQuoted else { return try write(string: reference.text) }
        if let number = reference.number {
            write(number)
        } else if let number = Int64(reference.text) {
            write(number)
        } else if let number = Double(reference.text) {
            write(number)
        } else {
            try write(string: reference.text)
        }
    }

    fileprivate mutating func write(name: Bytes, _ role: StaticString) throws {
        guard name.withUnsafeBytes({ PackScanner($0, limits).isUTF8(from: 0, to: $0.count) }) else {
            throw PhoenixError(
                .encoding,
                "Expected the \(role) in UTF-8, got \(name) that are not. Make it from a String."
            )
        }
        try write(text: name)
    }

    fileprivate mutating func write(_ payload: Payload, isResponse: Bool) throws {
        guard let format = payload.format else { return try write(data: payload.bytes) }
        guard format.name == MessagePackFormat().name else {
            throw PhoenixError(
                .encoding,
                "Expected a payload in MessagePack, got one in \(format.name). Encode it with the serializer's "
                    + "payloadFormat."
            )
        }
        do throws(MessagePackError) {
            try payload.bytes.withScanner(limits) { scanner throws(MessagePackError) in
                try scanner.skip(depth: isResponse ? 2 : 1)
                try scanner.expectEnd()
            }
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a payload of one whole value in MessagePack, got \(payload.bytes) where this does not hold: "
                    + "\(error).",
                cause: error
            )
        }
        append(payload.bytes)
    }
}
