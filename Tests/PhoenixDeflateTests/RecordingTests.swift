import Foundation
import PhoenixKit
import Testing

@testable import PhoenixDeflate

/// What Bandit and Cowboy negotiated and sent (`deflate.json` of both).
@Suite("The recordings of real servers")
struct RecordingTests {
    /// One connection of a recording.
    private struct Connection {
        var offer: String
        var answer: String?
        /// The first data frame of the server: whether RSV1 is set, and its payload.
        var frame: (isTransformed: Bool, payload: Bytes)?

        /// The client whose offer this is.
        func client() throws -> PermessageDeflate {
            let element = try #require(ExtensionHeader.read(offer)?.first)
            let parameters = try DeflateParameters(element.parameters)
            var bits: WindowBits?
            switch parameters.clientMaxWindowBits {
            case nil: break
            case .anySize: bits = .fifteen
            case .atMost(let number): bits = number
            }
            let deflate = PermessageDeflate(
                PermessageDeflate.Configuration(
                    clientMaxWindowBits: bits,
                    serverMaxWindowBits: parameters.serverMaxWindowBits,
                    clientNoContextTakeover: parameters.clientNoContextTakeover,
                    serverNoContextTakeover: parameters.serverNoContextTakeover
                )
            )
            #expect(ExtensionHeader.read(deflate.offer)?.first.map { Set($0.parameters) } == Set(element.parameters))
            return deflate
        }
    }

    private static let files = ["deflate.json", "cowboy/deflate.json"]

    private func connections(_ file: String) throws -> [Connection] {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Recordings").appending(path: file)
        let entries = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [[String: Any]]
        )
        var connections: [Connection] = []
        for entry in entries where entry["conn"] as? String == "raw" {
            let isServer = entry["dir"] as? String == "server"
            switch (entry["kind"] as? String, isServer) {
            case ("raw", false):
                let offer = extensions(entry["text"] as? String ?? "")
                connections.append(Connection(offer: offer ?? ""))
            case ("raw", true):
                connections[connections.count - 1].answer = extensions(entry["text"] as? String ?? "")
            case ("frame", true) where entry["opcode"] as? Int == 1:
                let bytes = hex(entry["hex"] as? String ?? "")
                let start = bytes[1] == 126 ? 4 : 2
                connections[connections.count - 1].frame = (entry["rsv1"] as? Int == 1, bytes[start..<bytes.count])
            default: break
            }
        }
        return connections
    }

    private func extensions(_ head: String) -> String? {
        for line in head.components(separatedBy: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "sec-websocket-extensions" {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }

    @Test("their answers are accepted, and their compressed frames say what their plain ones say", arguments: files)
    func decoded(file: String) throws {
        let connections = try connections(file)
        let plain = try #require(connections.first { $0.answer == nil }?.frame)
        #expect(!plain.isTransformed)
        #expect(plain.payload.text.contains("\"phx_reply\""))
        var compressed = 0
        for connection in connections {
            let codec = try connection.client().accept(connection.answer, limits: ConnectionLimits())
            #expect((codec == nil) == (connection.answer == nil))
            guard var codec = codec as? DeflateCodec else { continue }
            let frame = try #require(connection.frame)
            #expect(frame.isTransformed)
            #expect(try codec.decoded(frame.payload) == plain.payload)
            compressed += 1
        }
        #expect(compressed == 4)
    }

    @Test("our server answers the same offers with the same words", arguments: files)
    func answered(file: String) throws {
        for connection in try connections(file) {
            guard let answer = connection.answer else { continue }
            let agreement = try PermessageDeflate().agreement(onOffers: [connection.offer])
            #expect(agreement?.answer(separator: file == "deflate.json" ? ";" : "; ") == answer)
        }
    }

    @Test("our server compresses as theirs did, to the byte", arguments: files)
    func compressedAlike(file: String) throws {
        let connections = try connections(file)
        let plain = try #require(connections.first { $0.answer == nil }?.frame)
        for connection in connections where connection.answer != nil {
            let deflate = PermessageDeflate()
            let agreement = try #require(try deflate.agreement(onOffers: [connection.offer]))
            var codec = deflate.codec(for: agreement, as: .server)
            #expect(try codec.encode(plain.payload, kind: .text).bytes == connection.frame?.payload)
        }
    }

    @Test("an inflater set up as theirs reads what we send under each of their answers", arguments: files)
    func sent(file: String) throws {
        let messages = [json(300), json(300), monotony(3_000_000), json(90_000), noise(70_000), json(300), ""]
        var jobs: [PythonPeer.Job] = []
        var expected: [[Bytes]] = []
        for connection in try connections(file) {
            let client = try connection.client()
            guard let answer = connection.answer else { continue }
            let agreement = try client.agreement(from: answer)
            var codec = client.codec(for: agreement, as: .client)
            let sent = try messages.map { ($0, try codec.encode($0, kind: .text)) }.filter { $0.1.transformed }
            #expect(sent.count == 4)
            jobs.append(
                PythonPeer.Job(
                    do: "inflate",
                    bits: (agreement.clientMaxWindowBits ?? .fifteen).rawValue,
                    takeover: !agreement.clientNoContextTakeover,
                    messages: sent.map { Data($0.1.bytes) }
                )
            )
            expected.append(sent.map(\.0))
        }
        #expect(jobs.count == 4)
        #expect(try PythonPeer.run(jobs) == expected)
    }
}
