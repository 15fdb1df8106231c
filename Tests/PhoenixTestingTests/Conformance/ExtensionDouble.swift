import PhoenixDeflate
import PhoenixKit
import PhoenixTesting
import Synchronization

/// An extension that breaks one rule: permessage-deflate with one thing done wrong.
struct ExtensionDouble: WireExtension {
    /// What it does wrong.
    let fault: String
    var base = PermessageDeflate()
    var changeOffer: @Sendable (String) -> String = { $0 }
    var accepting: @Sendable (PermessageDeflate, String?, ConnectionLimits) throws -> (any WireCodec)? = {
        try $0.accept($1, limits: $2)
    }

    var name: String { base.name }
    var offer: String { changeOffer(base.offer) }

    func accept(_ answer: String?, limits: ConnectionLimits) throws -> (any WireCodec)? {
        try accepting(base, answer, limits)
    }

    static let server: WireExtensionConformance.Server = { offer, limits in
        let deflate = PermessageDeflate()
        let agreement = try deflate.agreement(onOffers: [offer.replacing("\r\n", with: "")])
        guard let agreement else { throw PhoenixError(.upgradeInvalid, "Expected an offer, got none.") }
        return (agreement.answer(), deflate.codec(for: agreement, as: .server, limits: limits))
    }

    /// A double that changes how messages are decoded.
    private static func decoding(_ fault: String, _ decode: @escaping Codec.Decode) -> ExtensionDouble {
        ExtensionDouble(
            fault: fault,
            accepting: { base, answer, limits in
                try base.accept(answer, limits: limits).map { Codec(base: $0, limits: limits, decoding: decode) }
            }
        )
    }

    static func breaking(_ rule: String) -> ExtensionDouble? {
        switch rule {
        case "extension.offer": ExtensionDouble(fault: "breaks the line of its offer", changeOffer: { $0 + "\r\n" })
        case "extension.declined":
            ExtensionDouble(
                fault: "takes no answer for a yes",
                accepting: { try $0.accept($1 ?? "permessage-deflate", limits: $2) }
            )
        case "extension.foreign-answer":
            ExtensionDouble(
                fault: "overlooks parameters that it does not know",
                accepting: { base, answer, limits in
                    let isForeign = answer?.contains("no_such") == true
                    return try base.accept(isForeign ? "permessage-deflate" : answer, limits: limits)
                }
            )
        case "extension.messages":
            decoding("loses the last byte of long messages") { base, part, isLast, message, _ in
                try base.decode(part, isLast: isLast, into: &message)
                if isLast, message.count >= 70_000, message.count < 90_000 { message.removeLast() }
            }
        case "extension.parts":
            decoding("takes each part for the last") { base, part, isLast, message, _ in
                if isLast || !message.isEmpty || part.count != 1 {
                    try base.decode(part, isLast: isLast, into: &message)
                }
            }
        case "extension.connections": remembering
        case "extension.limit":
            ExtensionDouble(
                fault: "knows no limit",
                accepting: { base, answer, limits in
                    let isLow = limits.inflatedMessage == 100_000
                    return try base.accept(answer, limits: isLow ? ConnectionLimits() : limits)
                }
            )
        case "extension.damaged":
            decoding("makes a long message of what it cannot read") { base, part, isLast, message, limits in
                do {
                    try base.decode(part, isLast: isLast, into: &message)
                } catch let error as PhoenixError where error.code == .limitExceeded {
                    throw error
                } catch {
                    message += Array(repeating: 0, count: 3 * limits.inflatedMessage)
                }
            }
        default: nil
        }
    }

    /// Compresses on every other connection only.
    private static var remembering: ExtensionDouble {
        let count = Connections()
        return ExtensionDouble(
            fault: "counts connections, and compresses on every other one",
            accepting: { base, answer, limits in
                let number = count.next()
                return try base.accept(answer, limits: limits).map { codec in
                    Codec(base: codec, limits: limits, isPlain: number.isMultiple(of: 2))
                }
            }
        )
    }

    private struct Codec: WireCodec {
        typealias Decode =
            @Sendable (inout any WireCodec, Bytes, Bool, inout [UInt8], ConnectionLimits) throws -> Void

        var base: any WireCodec
        let limits: ConnectionLimits
        var isPlain = false
        var decoding: Decode = { base, part, isLast, message, _ in
            try base.decode(part, isLast: isLast, into: &message)
        }

        mutating func encode(_ message: Bytes, kind: Frame.Kind) throws -> (bytes: Bytes, transformed: Bool) {
            isPlain ? (message, false) : try base.encode(message, kind: kind)
        }

        mutating func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) throws {
            try decoding(&base, part, isLast, &message, limits)
        }
    }
}

private final class Connections: Sendable {
    private let number = Atomic(0)

    func next() -> Int { number.add(1, ordering: .relaxed).newValue }
}
