import Phoenix
import Testing

@testable import phx

@Suite("Failures and exit statuses")
struct FailureTests {
    private func refusal(_ status: Int) -> PhoenixError {
        PhoenixError(.upgradeRefused, "no", cause: UpgradeRefusal(status: status, headers: [], body: Bytes()))
    }

    @Test("the statuses keep their numbers, which scripts rely on")
    func numbers() {
        #expect(Status.allCases.map(\.rawValue) == [0, 1, 2, 3, 64, 65, 69, 75, 76, 77])
    }

    @Test(
        "each error has its status",
        arguments: [
            (PhoenixError.Code.invalidURL, Status.usage), (.unknownTransport, .usage), (.versionConflict, .usage),
            (.invalidOption, .usage), (.unreachable, .unreachable), (.disconnected, .unreachable), (.tls, .unreachable),
            (.timeout, .timeout), (.upgradeInvalid, .protocolBroken), (.transportProtocol, .protocolBroken),
            (.encoding, .badData), (.bufferFull, .failure),
        ]
    )
    func statuses(code: PhoenixError.Code, status: Status) {
        #expect(Failure(PhoenixError(code, "text")).status == status)
        #expect(Failure(PhoenixError(code, "text")).message.hasPrefix("text"))
    }

    @Test(
        "a refused upgrade is refused for 401 and 403, unreachable otherwise",
        arguments: [(401, Status.refused), (403, .refused), (404, .unreachable), (502, .unreachable)]
    )
    func refusals(status: Int, expected: Status) {
        #expect(Failure(refusal(status)).status == expected)
    }

    @Test("only what may pass is tried again")
    func transient() {
        func isTransient(_ error: PhoenixError) -> Bool { Failure.isTransient(.failedToConnect(error)) }
        #expect(isTransient(PhoenixError(.unreachable, "")))
        #expect(isTransient(PhoenixError(.timeout, "")))
        #expect(isTransient(refusal(503)))
        #expect(isTransient(refusal(429)))
        #expect(!isTransient(refusal(403)))
        #expect(!isTransient(refusal(404)))
        #expect(!isTransient(PhoenixError(.tls, "")))
        #expect(!isTransient(PhoenixError(.unknownTransport, "")))
    }

    @Test("the help lists every status")
    func help() {
        for status in Status.allCases {
            #expect(Status.list.contains("  \(status.rawValue) "))
            #expect(Status.list.contains(status.meaning))
        }
    }
}
