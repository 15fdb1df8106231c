internal import PhoenixKit

extension JSONWriter {
    /// Writes a reference in the form it came with, or null.
    mutating func write(_ reference: Reference?) {
        guard let reference else { return write("null") }
        let isQuoted = reference.isQuoted
        if let number = reference.number {
            if isQuoted { write(UInt8(ascii: "\"")) }
            write(number)
            if isQuoted { write(UInt8(ascii: "\"")) }
        } else if isQuoted {
            write(string: reference.text)
        } else {
            write(json: reference.text.utf8)
        }
    }

    /// Writes a topic or an event.
    mutating func write(name: Bytes, _ field: StaticString) throws(PhoenixError) {
        guard write(string: name) else {
            throw PhoenixError(
                .encoding,
                "Expected the \(field) in UTF-8, got \(name) that are not. Make it from a String."
            )
        }
    }

    /// Writes the payload, or the map of a reply.
    mutating func writePayload(of message: Message) throws(PhoenixError) {
        guard let status = message.status else { return try write(message.payload) }
        write("{\"response\":")
        try write(message.payload)
        write(",\"status\":")
        write(string: status)
        write(UInt8(ascii: "}"))
    }

    /// Writes a payload once it proved to be one JSON value.
    private mutating func write(_ payload: Payload) throws(PhoenixError) {
        guard payload.format?.name == JSONFormat().name else {
            throw PhoenixError(
                .encoding,
                "Expected a payload of JSON, got \(payload). Encode it in the serializer's payloadFormat."
            )
        }
        do throws(JSONError) {
            try write(checked: payload.bytes)
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a payload of one JSON value, got \(payload.bytes) where this does not hold: \(error). "
                    + "A server would close the connection at such a frame, so nothing was sent.",
                cause: error
            )
        }
    }
}
