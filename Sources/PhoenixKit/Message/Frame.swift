/// One whole message as a transport carries it: text or binary, fragments already joined.
public struct Frame: Sendable, Hashable {
    /// What a frame's bytes are, in the words of RFC 6455 section 5.6.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// UTF-8 text.
        ///
        /// A transport hands over only well-formed UTF-8.
        case text
        /// Arbitrary bytes.
        case binary
    }

    /// Whether it is text or binary.
    public var kind: Kind
    /// The whole content; UTF-8 for text.
    public var bytes: Bytes

    /// A frame of `bytes`.
    @inlinable
    public init(kind: Kind, bytes: Bytes) {
        self.kind = kind
        self.bytes = bytes
    }

    /// A text frame holding the UTF-8 of `text`.
    @inlinable
    public static func text(_ text: String) -> Frame {
        Frame(kind: .text, bytes: Bytes(text))
    }

    /// A text frame of bytes that are UTF-8 already.
    @inlinable
    public static func text(_ bytes: Bytes) -> Frame {
        Frame(kind: .text, bytes: bytes)
    }

    /// A binary frame.
    @inlinable
    public static func binary(_ bytes: Bytes) -> Frame {
        Frame(kind: .binary, bytes: bytes)
    }
}
