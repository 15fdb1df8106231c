internal import PhoenixKit

@testable internal import PhoenixDeflate

extension FuzzTarget {
    /// A server's answer to the offer of permessage-deflate: the first byte chooses what was offered, the others are the header.
    ///
    /// What is accepted fits the offer and comes back from what a server would write of it.
    static func extensionHeader(_ corpus: Corpus) -> FuzzTarget {
        let answers = [
            "permessage-deflate", "permessage-deflate; server_no_context_takeover",
            "permessage-deflate;client_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=\"9\"",
            "permessage-deflate; client_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8",
            "x-other; a=\"b\\c\", ,y",
        ]
        let words = [
            "permessage-deflate", "; ", ";", "=", "\"", "\\", ",", " ", "\t", "server_no_context_takeover",
            "client_no_context_takeover",
            "server_max_window_bits=", "client_max_window_bits", "=8", "=15", "=16", "=\"12\"", "=007", "=+9", "ä",
            "\u{0}",
        ]
        return FuzzTarget(
            "extension",
            seeds: answers.flatMap { answer in [0, 1, 2, 4, 9].map { [$0] + Array(answer.utf8) } },
            tokens: words.map { Array($0.utf8) },
            examine: { input in
                guard let choice = input.first else { return false }
                return examineAnswer(String(decoding: input.dropFirst(), as: UTF8.self), to: configuration(choice))
            }
        )
    }

    private static func configuration(_ choice: UInt8) -> PermessageDeflate.Configuration {
        PermessageDeflate.Configuration(
            clientMaxWindowBits: choice & 1 == 0 ? .fifteen : choice & 16 == 0 ? nil : .ten,
            serverMaxWindowBits: choice & 2 == 0 ? nil : .twelve,
            clientNoContextTakeover: choice & 4 != 0,
            serverNoContextTakeover: choice & 8 != 0
        )
    }

    private static func examineAnswer(_ text: String, to configuration: PermessageDeflate.Configuration) -> Bool {
        let offer = PermessageDeflate(configuration)
        let read = Meter.bounded(8_192 + 100 * text.utf8.count) { ExtensionHeader.read(text) }
        for element in read ?? [] {
            let parts = [element.name] + element.parameters.flatMap { [$0.name, $0.value ?? "x"] }
            require(parts.allSatisfy { isToken($0) }, "tokens in an element of the header, got \(parts)")
        }
        let agreement: DeflateAgreement
        do throws(PhoenixError) {
            agreement = try offer.agreement(from: text)
        } catch {
            require(error.code == .upgradeInvalid, "an error of the upgrade, got \(error.code)")
            require((try? offer.accept(text, limits: ConnectionLimits())) == nil, "no codec for what is refused")
            return false
        }
        require(
            read?.count == 1 && read?.first?.name == "permessage-deflate",
            "one element, and the one that was offered"
        )
        if configuration.serverNoContextTakeover {
            require(agreement.serverNoContextTakeover, "the wish to be answered")
        }
        if let wish = configuration.serverMaxWindowBits {
            require(agreement.serverMaxWindowBits.map { $0 <= wish } ?? false, "a server's window as asked for")
        }
        if let bits = agreement.clientMaxWindowBits {
            require(configuration.clientMaxWindowBits.map { bits <= $0 } ?? false, "a client's window as offered")
        }
        for separator in [";", "; "] {
            require(
                (try? offer.agreement(from: agreement.answer(separator: separator))) == agreement,
                "the agreement to come back"
            )
        }
        return true
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
    }

    /// Compressed messages: the first byte chooses window and takeover, the others are what a server sends as one message.
    ///
    /// They are inflated or refused, the same in whatever parts they come, within the bounds on size and ratio; and what the client
    /// compresses a server inflates to the same bytes.
    static func inflate(_ corpus: Corpus) -> FuzzTarget {
        var server = DeflateCodec(DeflateAgreement(), as: .server, configuration: eager)
        let compressed = corpus.texts.compactMap { text -> [UInt8]? in
            guard let encoded = try? server.encode(Bytes(text), kind: .text), encoded.transformed else { return nil }
            return encoded.bytes.array
        }
        let alone = corpus.texts.compactMap { text -> [UInt8]? in
            var codec = DeflateCodec(DeflateAgreement(), as: .server, configuration: eager)
            return (try? codec.encode(Bytes(text), kind: .text))?.bytes.array
        }
        let recorded = corpus.serverFrames.filter { $0.first == 0xC1 && $0.count > 2 && $0[1] < 126 }.map {
            Array($0.dropFirst(2))
        }
        var bomb = DeflateCodec(DeflateAgreement(), as: .server, configuration: eager)
        let zeros = (try? bomb.encode(Bytes([UInt8](repeating: 0, count: 300_000)), kind: .binary))?.bytes.array ?? []
        return FuzzTarget(
            "inflate",
            seeds: prefixed(recorded + alone + compressed + [zeros], by: [0, 8, 64]),
            tokens: [
                [0x00], [0x01, 0x00, 0x00, 0xFF, 0xFF], [0x00, 0x00, 0x00, 0xFF, 0xFF], [0x03, 0x00], [0xED, 0xC1],
                zeros,
            ],
            examine: { input in
                guard let choice = input.first else { return false }
                return examineInflating(Bytes(Array(input.dropFirst())), choice)
            }
        )
    }

    /// Compresses all there is.
    private static let eager = PermessageDeflate.Configuration(
        threshold: 0,
        sentRatio: .unlimited,
        receivedRatio: RatioBound(20, exempt: 10_000)
    )

    private static func examineInflating(_ message: Bytes, _ choice: UInt8) -> Bool {
        let agreement = DeflateAgreement(
            serverNoContextTakeover: choice & 64 != 0,
            serverMaxWindowBits: WindowBits(rawValue: 15 - Int(choice & 7))
        )
        let limits = ConnectionLimits(inflatedMessage: choice & 8 == 0 ? 64_000_000 : 500)
        let bound = min(limits.inflatedMessage, max(10_000, 20 * message.count))
        // What zlib holds, and an array that doubles.
        let whole = Meter.bounded(65_536 + 4 * bound) { inflate([message], agreement, limits) }
        if case .success(let bytes) = whole {
            require(bytes.count <= bound, "at most \(bound) bytes, got \(bytes.count)")
        }
        // The ratio is that of what has come, so that a first part may be refused where the whole would not be.
        if bound <= 10_000, message.count < 500 {
            let parts = inflate(cut(message.array).map { Bytes($0) }, agreement, limits)
            require((try? parts.get()) == (try? whole.get()), "the same to be inflated in whatever parts it comes")
        }

        var client = DeflateCodec(agreement, as: .client, configuration: eager)
        var server = DeflateCodec(agreement, as: .server, configuration: eager)
        guard let sent = try? client.encode(message, kind: .binary) else {
            broken("that a client can compress anything")
        }
        guard sent.transformed else { return (try? whole.get()) != nil }
        var back: [UInt8] = []
        let inflated: Void? = try? server.decode(sent.bytes, isLast: true, into: &back)
        require(inflated != nil && back == message.array, "what was compressed to come back")
        return (try? whole.get()) != nil
    }

    private static func inflate(
        _ parts: [Bytes],
        _ agreement: DeflateAgreement,
        _ limits: ConnectionLimits
    ) -> Result<[UInt8], PhoenixError> {
        var codec = DeflateCodec(agreement, as: .client, configuration: eager, limits: limits)
        var message: [UInt8] = []
        do {
            for part in parts { try codec.decode(part, isLast: false, into: &message) }
            try codec.decode(Bytes(), isLast: true, into: &message)
            return .success(message)
        } catch {
            guard let error = error as? PhoenixError, error.code == .decoding || error.code == .limitExceeded else {
                broken("an error of decoding, or of a limit, got \(error)")
            }
            return .failure(error)
        }
    }
}
