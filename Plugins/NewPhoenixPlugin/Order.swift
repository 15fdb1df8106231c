/// What the command line asks for.
struct Order {
    enum Kind: String {
        case serializer, transport
    }

    static let help = """
        Writes the package of a new plug-in of PhoenixKit.

        USAGE: new-phoenix-plugin serializer|transport NAME [--output FOLDER]
               [--url URL (--from VERSION | --branch BRANCH | --revision REVISION)]

        NAME begins with a capital letter, such as Netstring: the module is called PhoenixNetstring.

        --output    where to write, from the package's folder on. Default: a folder called NAME.
        --url       where the new package gets PhoenixKit from. Default: from where this package gets it.
        """

    /// Names whose module this package has itself.
    private static let taken = ["Deflate", "JSON", "Kit", "LongPoll", "Service", "Testing", "TestServer", "WebSocket"]

    let kind: Kind
    let name: String
    private(set) var output: String?
    private(set) var url: String?
    /// What follows the URL in a manifest, such as `from: "1.0.0"`.
    private(set) var requirement: String?

    init(_ arguments: [String]) throws {
        var positional: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                positional.append(argument)
                continue
            }
            guard ["--output", "--url", "--from", "--branch", "--revision"].contains(argument) else {
                throw Refusal(
                    "Expected --output, --url, --from, --branch or --revision, got \(argument).\n\(Self.help)"
                )
            }
            guard let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-") else {
                throw Refusal("Expected a value after \(argument), got none.\n\(Self.help)")
            }
            guard !value.contains(where: { $0 == "\"" || $0 == "\\" || $0.isNewline }) else {
                throw Refusal("Expected a value of \(argument) without quotes, backslashes and line breaks.")
            }
            switch argument {
            case "--output": output = value
            case "--url": url = value
            default:
                guard requirement == nil else {
                    throw Refusal("Expected one of --from, --branch and --revision, got several.")
                }
                requirement = "\(argument.dropFirst(2)): \"\(value)\""
            }
        }
        guard positional.count == 2 else {
            throw Refusal("Expected a kind and a NAME, got \(positional.count) arguments.\n\(Self.help)")
        }
        guard let kind = Kind(rawValue: positional[0]) else {
            throw Refusal("Expected serializer or transport, got \(positional[0]).\n\(Self.help)")
        }
        guard (url == nil) == (requirement == nil) else {
            throw Refusal("Expected --url together with --from, --branch or --revision, got one without the other.")
        }
        self.kind = kind
        name = try Self.checked(positional[1])
    }

    private static func checked(_ name: String) throws -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard isPlain, let first = name.first, first.isUppercase, name.utf8.count <= 40 else {
            throw Refusal(
                "Expected a NAME of at most 40 letters and digits that begins with a capital letter, got \(name)."
            )
        }
        guard !taken.contains(name) else {
            throw Refusal("Expected a NAME of your own, got \(name): PhoenixKit has a module called Phoenix\(name).")
        }
        return name
    }

    /// The file with the functions that the author writes.
    var openFile: String {
        switch kind {
        case .serializer: "\(name)Serializer.swift"
        case .transport: "\(name)Framing.swift"
        }
    }
}
