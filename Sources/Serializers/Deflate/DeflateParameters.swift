/// The parameters of one offer or answer, each read and in its range (RFC 7692 section 7.1).
struct DeflateParameters: Hashable {
    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverMaxWindowBits: WindowBits?
    /// Nil when the parameter is not there.
    var clientMaxWindowBits: ClientWindow?

    /// What `client_max_window_bits` says; only an offer may leave the number out.
    enum ClientWindow: Hashable {
        case anySize
        case atMost(WindowBits)
    }

    /// What is wrong with a list of parameters, as words that follow "got".
    struct Fault: Error {
        var words: String
    }

    init(_ parameters: [ExtensionHeader.Parameter]) throws(Fault) {
        var seen: Set<String> = []
        for parameter in parameters {
            guard seen.insert(parameter.name).inserted else {
                throw Fault(words: "\(Self.quoted(parameter.name)) twice")
            }
            try read(parameter)
        }
    }

    private mutating func read(_ parameter: ExtensionHeader.Parameter) throws(Fault) {
        switch (parameter.name, parameter.value) {
        case ("server_no_context_takeover", nil): serverNoContextTakeover = true
        case ("client_no_context_takeover", nil): clientNoContextTakeover = true
        case ("server_max_window_bits", let value?): serverMaxWindowBits = try Self.bits(parameter.name, value)
        case ("client_max_window_bits", nil): clientMaxWindowBits = .anySize
        case ("client_max_window_bits", let value?):
            clientMaxWindowBits = .atMost(try Self.bits(parameter.name, value))
        case ("server_max_window_bits", nil):
            throw Fault(words: "server_max_window_bits without a value")
        case ("server_no_context_takeover", _?), ("client_no_context_takeover", _?):
            throw Fault(words: "\(parameter.name) with a value")
        default:
            throw Fault(words: "the unknown parameter \(Self.quoted(parameter.name))")
        }
    }

    private static func bits(_ name: String, _ value: String) throws(Fault) -> WindowBits {
        guard let bits = WindowBits(value) else {
            throw Fault(words: "\(name)=\(quoted(value)), which is not 8 to 15")
        }
        return bits
    }

    /// The peer's words, no more of them than an error needs.
    private static func quoted(_ text: String) -> String {
        text.count <= 40 ? text : text.prefix(40) + "…"
    }
}
