/// A version by the rules of semantic versioning, as Elixir's `Version` reads them.
struct ProtocolVersion {
    private let major: Int
    private let minor: Int
    private let patch: Int
    private let isPreRelease: Bool

    init?(_ text: String) {
        let core = text.prefix { $0 != "-" && $0 != "+" }
        let rest = text.dropFirst(core.count)
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, rest.count != 1 else { return nil }
        var values: [Int] = []
        for number in numbers {
            guard !number.isEmpty, number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                number == "0" || !number.hasPrefix("0"), let value = Int(number)
            else { return nil }
            values.append(value)
        }
        (major, minor, patch) = (values[0], values[1], values[2])
        isPreRelease = rest.hasPrefix("-")
    }

    /// Whether this version satisfies `~> requirement`.
    func fits(_ requirement: ProtocolVersion) -> Bool {
        major == requirement.major && minor == requirement.minor
            && (patch > requirement.patch || patch == requirement.patch && !isPreRelease)
    }
}
