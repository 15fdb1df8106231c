internal import Phoenix

extension Frame {
    /// The frame for people: text as it is, binary data by its size and its first bytes.
    var shown: String {
        switch kind {
        case .text: bytes.text.printable
        case .binary: "binary, \(bytes.count) bytes: \(bytes.hexadecimal(atMost: 24))"
        }
    }
}

/// Shows the frames on standard error.
struct ConsoleTap: Wiretap {
    let console: Console

    func saw(_ entry: WiretapEntry) {
        console.warn(console.noteStyle.dim("\(entry.direction == .sent ? "→" : "←") \(entry.frame.shown)"))
    }
}
