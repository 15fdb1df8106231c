internal import Phoenix

/// Reads payloads as users give them.
enum PayloadArguments {
    /// The JSON in `text`, as it stands.
    ///
    /// - Parameters:
    ///   - text: what the user gave.
    ///   - name: what it is, for the error.
    ///   - advice: what may help, for the error.
    /// - Returns: the payload.
    /// - Throws: `Failure` with `.badData`, which says where the text stops being JSON.
    static func json(
        _ text: String,
        called name: String,
        advice: String = " In a shell, put it in single quotes."
    ) throws -> PayloadContent {
        let bytes = Bytes(text)
        do {
            _ = try JSONFormat().value(of: bytes)
        } catch {
            throw Failure(
                .badData,
                "Expected \(name) to be JSON, such as '{\"body\":\"hi\"}', got text that is not: \(error).\(advice)"
            )
        }
        return .payload(Payload(bytes, format: JSONFormat()))
    }

    /// The bytes that `text` says in base64.
    static func binary(_ text: String, called name: String) throws -> PayloadContent {
        guard let bytes = Bytes(base64: text) else {
            throw Failure(.badData, "Expected \(name) to be base64, such as 'AP8=', got text that is not.")
        }
        return .binary(bytes)
    }

    /// All of standard input, at most 10 MB.
    static func standardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = System.read(upTo: 65_536, from: 0) {
            bytes += part
            guard bytes.count <= 10_000_000 else {
                throw Failure(.badData, "Expected at most 10 MB on standard input, got more.")
            }
        }
        return bytes
    }
}
