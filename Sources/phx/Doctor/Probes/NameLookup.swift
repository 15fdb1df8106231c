private import Dispatch
internal import Phoenix

/// Finds the addresses of names with the system's resolver, which blocks: on a thread of its own.
enum NameLookup {
    /// The addresses of `host` in the order in which the system would try them, as text; at most 16.
    ///
    /// When the task is cancelled, which is also how a deadline ends it, the call returns at once, and the resolver is left
    /// to itself until it gives up.
    ///
    /// - Throws: `Symptom`; `CancellationError`.
    static func addresses(of host: String) async throws -> [String] {
        let (answers, answer) = AsyncStream.makeStream(of: Result<[String], LookupFailure>.self)
        DispatchQueue(label: "phx.resolver").async {
            answer.yield(System.addresses(of: host))
            answer.finish()
        }
        for await result in answers {
            switch result {
            case .success(let addresses): return Array(addresses.prefix(16))
            case .failure(let failure): throw failure
            }
        }
        throw CancellationError()
    }
}

/// Why the system's resolver found no address.
struct LookupFailure: Error, Sendable {
    /// Whether the name is known to have none, rather than that nobody could be asked.
    var isCertain: Bool
    /// The system's own words.
    var reason: String
}
