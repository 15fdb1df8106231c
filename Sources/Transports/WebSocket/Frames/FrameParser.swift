internal import PhoenixKit

/// Reads the frames of a server from the bytes of a connection and joins them into messages (RFC 6455 section 5).
///
/// It is fed the bytes of one read at a time and then asked for what is in them. Messages that lie whole in a read
/// are slices of one storage for all of that read; a frame that is cut off by the end of a read is gathered in storage
/// of its own, which grows with what really came and costs linear time however small the reads are. What is too
/// large is refused when its header says so. Empty fragments take no memory.
///
/// After a violation the parser is of no more use.
struct FrameParser {
    private let frameLimit: Int
    private let messageLimit: Int
    private let inflatedLimit: Int
    /// The most fragments of one message.
    ///
    /// They may be empty, so that the limits on bytes alone would let a message go on for ever.
    private let fragmentLimit: Int
    /// Whether an extension was negotiated, so that RSV1 may be set.
    private let allowsTransformed: Bool

    /// The bytes of the present read, and how far they are parsed.
    private var read = Bytes()
    private var position = 0

    /// A frame of which only a part has come, with its header.
    private var partial: [UInt8] = []
    /// The header of `partial`, once it is known and found right.
    private var partialHeader: FrameHeader?
    /// What was found wrong with `partial` while it was fed.
    private var partialViolation: ProtocolViolation?

    /// The message of which some fragments have come.
    private var message: Assembly?
    /// Where the text message being received stands.
    private var text = UTF8Validator()
    /// How much of the present frame's payload `text` has seen.
    private var validated = 0

    /// Joins the fragments of one message.
    private struct Assembly {
        let kind: Frame.Kind
        let isTransformed: Bool
        /// What the fragments hold, decoded.
        var bytes: [UInt8] = []
        /// The lengths of all fragments so far, as they came.
        var received = 0
        /// How many fragments have come.
        var fragments = 0
    }

    init(limits: ConnectionLimits, allowsTransformed: Bool = false) {
        frameLimit = max(0, limits.frame)
        messageLimit = max(0, limits.message)
        inflatedLimit = max(0, limits.inflatedMessage)
        fragmentLimit = max(1_024, limits.message)
        self.allowsTransformed = allowsTransformed
    }

    /// Takes the bytes of one read.
    ///
    /// What earlier reads held must have been asked for. `copy` copies bytes into an array that may be longer, if it has one.
    mutating func feed(
        _ bytes: UnsafeBufferPointer<UInt8>,
        copy: (UnsafeBufferPointer<UInt8>) -> [UInt8]? = { _ in nil }
    ) {
        var rest = bytes[...]
        while !partial.isEmpty, !isPartialDecided, !rest.isEmpty {
            let missing = partialHeader.map { $0.length - (partial.count - $0.size) } ?? 1
            let part = rest.prefix(missing)
            partial.append(contentsOf: UnsafeBufferPointer(rebasing: part))
            rest = rest.dropFirst(part.count)
            do throws(ProtocolViolation) { try examinePartial() } catch { partialViolation = error }
        }
        let new = UnsafeBufferPointer(rebasing: rest)
        read = Bytes(copy(new) ?? Array(new))[0..<new.count]
        position = 0
    }

    /// Parses on until there is a control frame or all bytes are used up, appending whole messages to `frames`.
    ///
    /// - Returns: a control frame, after which the call is to be repeated; nil when the read is used up.
    mutating func next(
        into frames: inout [Frame],
        codec: inout (any WireCodec)?
    ) throws(ProtocolViolation) -> ControlFrame? {
        if !partial.isEmpty {
            if let partialViolation { throw partialViolation }
            guard let header = partialHeader, partial.count - header.size == header.length else { return nil }
            let payload = Bytes(partial)[header.size..<partial.count]
            partial = []
            partialHeader = nil
            if let control = try finish(header, payload, into: &frames, codec: &codec) { return control }
        }
        while position < read.count {
            if message == nil { takePlainFrames(into: &frames) }
            guard position < read.count else { break }
            guard let header = try readHeader(),
                header.length <= read.count - position - header.size
            else {
                partial = Array(read[position..<read.count])
                position = read.count
                try examinePartial()
                break
            }
            let start = position + header.size
            position = start + header.length
            let payload = read[start..<position]
            if let control = try finish(header, payload, into: &frames, codec: &codec) { return control }
        }
        read = Bytes()
        position = 0
        return nil
    }

    /// Whether `partial` needs no more bytes: it is whole, or wrong.
    private var isPartialDecided: Bool {
        partialViolation != nil || partialHeader.map { partial.count - $0.size >= $0.length } ?? false
    }

    /// Takes as many whole, unfragmented and unchanged messages as there are, and stops at anything else.
    ///
    /// This is the usual case, so it is spelled out: every frame it does not understand goes the general way, which
    /// also says what is wrong with it.
    private mutating func takePlainFrames(into frames: inout [Frame]) {
        let whole = read
        let limit = min(frameLimit, messageLimit)
        position = read.withUnsafeBytes { bytes in
            let bytes = bytes.bindMemory(to: UInt8.self)
            var index = position
            while bytes.count - index >= 2 {
                let first = bytes[index]
                guard first == 0x81 || first == 0x82 else { break }
                var length = Int(bytes[index + 1])
                var start = index + 2
                if length == 126 {
                    guard bytes.count - index >= 4 else { break }
                    length = Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
                    start = index + 4
                    guard length > 125 else { break }
                } else if length > 126 {
                    break
                }
                guard length <= bytes.count - start, length <= limit else { break }
                let end = start + length
                if first == 0x81 {
                    guard UTF8Validator.isValid(UnsafeBufferPointer(rebasing: bytes[start..<end])) else { break }
                    frames.append(Frame(kind: .text, bytes: whole[start..<end]))
                } else {
                    frames.append(Frame(kind: .binary, bytes: whole[start..<end]))
                }
                index = end
            }
            return index
        }
    }

    // MARK: One frame

    /// Reads and judges the header at `position`; nil when it is not all there.
    private func readHeader() throws(ProtocolViolation) -> FrameHeader? {
        // `withUnsafeBytes` forgets the type of the error.
        let result = read.withUnsafeBytes { bytes -> Result<FrameHeader?, ProtocolViolation> in
            do throws(ProtocolViolation) {
                return .success(try judge(UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[position...])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads the header in front of `bytes` and checks it against the message in progress and the limits.
    private func judge(_ bytes: UnsafeBufferPointer<UInt8>) throws(ProtocolViolation) -> FrameHeader? {
        let header = try FrameHeader.read(bytes, allowsTransformed: allowsTransformed)
        guard let header, !header.opcode.isControl else { return header }
        switch (header.opcode, message) {
        case (.continuation, nil):
            throw .framing("Expected a message to begin with a text or binary frame, got a continuation frame.")
        case (.text, .some), (.binary, .some):
            throw .framing("Expected the next fragment of a message, got the start of another message.")
        default:
            break
        }
        guard header.length <= frameLimit else {
            throw .size("Expected frames of at most \(frameLimit) bytes, got one of \(header.length).")
        }
        guard message.map({ $0.fragments < fragmentLimit }) ?? true else {
            throw .size("Expected messages of at most \(fragmentLimit) fragments, got one of more.")
        }
        let received = message?.received ?? 0
        guard header.length <= messageLimit - received else {
            throw .size("Expected messages of at most \(messageLimit) bytes, got a longer one.")
        }
        return header
    }

    /// Judges what has come of the partial frame: its header, and text as far as it goes.
    private mutating func examinePartial() throws(ProtocolViolation) {
        if partialHeader == nil {
            partialHeader = try partial.withUnsafeBufferPointer { bytes throws(ProtocolViolation) in
                try judge(bytes)
            }
            validated = 0
        }
        guard let header = partialHeader, isPlainText(header) else { return }
        let start = header.size + validated
        guard partial.count > start else { return }
        if header.opcode == .text, validated == 0 { text = UTF8Validator() }
        let isValid = partial.withUnsafeBufferPointer {
            text.append(UnsafeBufferPointer(rebasing: $0[start...]))
        }
        validated = partial.count - header.size
        guard isValid else { throw Self.notText }
    }

    /// Whether the payload of a frame is text as it stands.
    private func isPlainText(_ header: FrameHeader) -> Bool {
        switch header.opcode {
        case .text: !header.isTransformed
        case .continuation: message.map { $0.kind == .text && !$0.isTransformed } ?? false
        default: false
        }
    }

    /// Deals with a frame that is all there.
    private mutating func finish(
        _ header: FrameHeader,
        _ payload: Bytes,
        into frames: inout [Frame],
        codec: inout (any WireCodec)?
    ) throws(ProtocolViolation) -> ControlFrame? {
        defer { validated = 0 }
        switch header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close: return .close(try CloseFrame(payload))
        case .text, .binary, .continuation: break
        }

        if isPlainText(header) {
            if header.opcode == .text, validated == 0 { text = UTF8Validator() }
            try validate(payload, from: validated)
            guard !header.isFinal || text.isComplete else { throw Self.notText }
        }
        if message == nil, header.isFinal, !header.isTransformed {
            frames.append(Frame(kind: header.opcode == .text ? .text : .binary, bytes: payload))
            return nil
        }

        // Taken out while it is changed, so that its array is not copied.
        var assembly =
            message ?? Assembly(kind: header.opcode == .text ? .text : .binary, isTransformed: header.isTransformed)
        message = nil
        assembly.received += payload.count
        assembly.fragments += 1
        if assembly.isTransformed {
            try decode(payload, isLast: header.isFinal, into: &assembly, codec: &codec)
        } else {
            payload.withUnsafeBytes { assembly.bytes.append(contentsOf: $0) }
        }
        if header.isFinal {
            frames.append(Frame(kind: assembly.kind, bytes: Bytes(assembly.bytes)))
        } else {
            message = assembly
        }
        return nil
    }

    /// Passes one part of a changed message through the extension's codec.
    private mutating func decode(
        _ payload: Bytes,
        isLast: Bool,
        into assembly: inout Assembly,
        codec: inout (any WireCodec)?
    ) throws(ProtocolViolation) {
        let before = assembly.bytes.count
        do {
            try codec?.decode(payload, isLast: isLast, into: &assembly.bytes)
        } catch let error as PhoenixError where error.code == .limitExceeded {
            throw .size(error.message)
        } catch {
            throw .contents("Expected a message as the negotiated extension writes it: \(error)")
        }
        guard assembly.bytes.count <= inflatedLimit else {
            throw .size("Expected messages of at most \(inflatedLimit) bytes once decoded, got a longer one.")
        }
        guard assembly.kind == .text else { return }
        if before == 0 { text = UTF8Validator() }
        let isValid = assembly.bytes.withUnsafeBufferPointer {
            text.append(UnsafeBufferPointer(rebasing: $0[min(before, $0.count)...]))
        }
        guard isValid, !isLast || text.isComplete else { throw Self.notText }
    }

    /// Shows `text` the payload from `start` on.
    private mutating func validate(_ payload: Bytes, from start: Int) throws(ProtocolViolation) {
        let isValid = payload.withUnsafeBytes { bytes in
            text.append(UnsafeRawBufferPointer(rebasing: bytes[min(start, bytes.count)...]).bindMemory(to: UInt8.self))
        }
        guard isValid else { throw Self.notText }
    }

    private static let notText = ProtocolViolation.contents("Expected text to be UTF-8, got other bytes.")
}
