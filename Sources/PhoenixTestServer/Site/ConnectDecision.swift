public import PhoenixKit

/// Whether a client may connect.
public struct ConnectDecision: Sendable {
    enum Kind: Sendable {
        case accept(id: String?, assigns: [String: any Sendable])
        case refuse(SiteResponse)
    }

    let kind: Kind

    /// The client may connect.
    ///
    /// - Parameters:
    ///   - id: the name under which `disconnect(socketID:)` finds the socket (`id/1` in Phoenix).
    ///   - assigns: what every channel of the socket starts with.
    /// - Returns: the decision.
    public static func accept(id: String? = nil, assigns: [String: any Sendable] = [:]) -> ConnectDecision {
        ConnectDecision(kind: .accept(id: id, assigns: assigns))
    }

    /// The upgrade is answered with `status` instead of 101.
    ///
    /// Phoenix's own refusal is 403 with an empty body.
    public static func refuse(
        status: Int = 403,
        headers: [HeaderField] = [],
        body: String = ""
    ) -> ConnectDecision {
        ConnectDecision(kind: .refuse(SiteResponse(status: status, headers: headers, body: Bytes(body))))
    }
}
