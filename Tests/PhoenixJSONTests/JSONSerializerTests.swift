import PhoenixJSON
import PhoenixKit
import Testing

/// The envelope in both versions: what is read, what is written, what is refused.
@Suite struct JSONSerializerTests {
    let v1 = JSONSerializer.v1
    let v2 = JSONSerializer.v2

    private func decoded(_ text: String, _ role: Role = .client) throws -> Message {
        try v2.decode(.text(text), as: role)
    }

    private func json(_ text: String) -> Payload { Payload(Bytes(text), format: JSONFormat()) }

    private func refusal(_ serializer: JSONSerializer, _ text: String, _ role: Role = .client) -> String? {
        let error = #expect(throws: PhoenixError.self) { try serializer.decode(.text(text), as: role) }
        #expect(error?.code == .decoding)
        return (error?.cause as? JSONError)?.expected
    }

    @Test func theyNameThemselves() {
        #expect(v1.name == "json")
        #expect(v2.name == "json")
        #expect(v1.version == "1.0.0")
        #expect(v2.version == "2.0.0")
        #expect(v1.capabilities == SerializerCapabilities(emits: [.text], accepts: [.text], isLineBatchable: false))
        #expect(
            v2.capabilities
                == SerializerCapabilities(emits: [.text, .binary], accepts: [.text, .binary], isLineBatchable: true)
        )
        #expect(v2.payloadFormat.name == "JSON")
    }

    // MARK: Version 2, reading

    @Test func partsAreSlicesOfTheFrame() throws {
        let message = try decoded(#" [ "1" , "2" , "room:a" , "ev" , {"a": [1]} ] "#)
        #expect(message.joinReference == 1)
        #expect(message.reference == 2)
        #expect(message.topic == "room:a")
        #expect(message.event == "ev")
        #expect(message.payload.bytes.text == #"{"a": [1]}"#)
        #expect(message.status == nil)
    }

    @Test(
        arguments: [
            (#""7""#, Reference(7, quoted: true)), ("7", Reference(7, quoted: false)), ("null", nil),
            ("0", Reference(0, quoted: false)),
            (#""18446744073709551615""#, Reference(.max)),
            (#""18446744073709551616""#, Reference(text: "18446744073709551616")),
            ("18446744073709551616", Reference(numberLiteral: "18446744073709551616")),
            (#""007""#, Reference(text: "007")),
            ("-1", Reference(numberLiteral: "-1")), ("1.50", Reference(numberLiteral: "1.50")),
            (#""""#, Reference(text: "")),
            (#""a\u0062""#, Reference(text: "ab")), (#""\u0031""#, Reference(1)), ("7 ", Reference(7, quoted: false)),
            (#""7a""#, Reference(text: "7a")), ("1e2", Reference(numberLiteral: "1e2")),
        ] as [(String, Reference?)]
    )
    func referencesAreReadInAnyForm(_ wire: String, _ reference: Reference?) throws {
        for text in ["[\(wire),null,\"t\",\"e\",{}]", "[null,\(wire),\"t\",\"e\",{}]"] {
            let message = try decoded(text)
            let read = text.hasPrefix("[null") ? message.reference : message.joinReference
            #expect(read == reference)
            #expect(read?.isQuoted == reference?.isQuoted)
            #expect(read?.text == reference?.text)
        }
        let map = #"{"topic":"t","event":"e","payload":{},"ref":\#(wire),"join_ref":\#(wire)}"#
        let message = try v1.decode(.text(map), as: .server)
        #expect(message.reference == reference)
        #expect(message.joinReference == reference)
    }

    @Test func escapesInNamesAreResolved() throws {
        let message = try decoded(#"[null,null,"r\u00f6\u00f6m:\"\\\n","\ud83d\ude00\/",1]"#)
        #expect(message.topic == "rööm:\"\\\n")
        #expect(message.event == "😀/")
        #expect(try decoded(#"[null,null,"t","phx_\u0072eply",{"status":"ok"}]"#).status == "ok")
    }

    @Test(arguments: ["null", "true", "1", "-2.5", #""s""#, "[]", "[1,[2]]", "{}", #"{"a":{"b":null}}"#])
    func thePayloadMayBeAnyValue(_ payload: String) throws {
        for role in Role.allCases {
            let message = try decoded(#"["1","2","t","e",\#(payload)]"#, role)
            #expect(message.payload.bytes.text == payload)
            #expect(try v2.encode(message, as: role).bytes.text == #"["1","2","t","e",\#(payload)]"#)
        }
    }

    @Test func elementsAfterTheFifthAreCheckedAndIgnored() throws {
        #expect(try decoded(#"[null,null,"t","e",{},1,"x",[]]"#).payload.bytes.text == "{}")
        #expect(refusal(v2, #"[null,null,"t","e",{},01]"#) == "a comma or ]")
        #expect(refusal(v2, #"[null,null,"t","e",{},]"#) == "a value")
    }

    @Test(arguments: [
        ("[]", "five elements"), (#"["1"]"#, "five elements"), (#"["1","2","t","e"]"#, "five elements"),
        (#"[true,null,"t","e",{}]"#, "a reference: a string, a number or null"),
        (#"[null,[],"t","e",{}]"#, "a reference: a string, a number or null"),
        (#"[{},null,"t","e",{}]"#, "a reference: a string, a number or null"),
        (#"[null,null,1,"e",{}]"#, "a string or null"), (#"[null,null,"t",{},{}]"#, "a string or null"),
        (#"[null,null,"t","e",{}"#, "a comma or ]"), (#"[null,null,"t","e",{}]]"#, "the end of the text"),
        (#"[null,null,"t","e",]"#, "a value"), (#"{"topic":"t"}"#, "an array"), ("", "an array"),
        (#"[01,null,"t","e",{}]"#, "a comma or ]"), (#"[null,null,"t","e",{} {}]"#, "a comma or ]"),
        ("[null,null,\"t\n\",\"e\",{}]", "an escape in place of a control character"),
    ])
    func whatIsNoMessageIsATypedError(_ text: String, _ expected: String) {
        #expect(refusal(v2, text) == expected)
    }

    // MARK: Replies

    @Test func aReplyIsStatusAndResponse() throws {
        let message = try decoded(
            #"[null,"2","t","phx_reply",{"extra":[1],"status":"wow","response":{"a":1},"more":0}]"#
        )
        #expect(message.status == "wow")
        #expect(message.payload.bytes.text == #"{"a":1}"#)
        let wire = #"[null,"2","t","phx_reply",{"response":{"a":1},"status":"wow"}]"#
        #expect(try v2.encode(message, as: .server).bytes.text == wire)
    }

    @Test func aReplyWithoutAResponseCarriesNull() throws {
        let message = try decoded(#"["1","2","t","phx_reply",{"status":"ok"}]"#)
        #expect(message.payload.isNull)
        #expect(message.status == "ok")
    }

    @Test func ofAReplysEqualKeysTheLastCounts() throws {
        let message = try decoded(
            #"["1","2","t","phx_reply",{"status":"a","response":1,"status":"b","response":2,"\u0073tatus":"c"}]"#
        )
        #expect(message.status == "c")
        #expect(message.payload.integer == 2)
    }

    @Test(arguments: ["{}", "null", "[]", "1", #""ok""#, #"{"status":1}"#, #"{"status":null}"#, #"{"response":{}}"#])
    func aReplyThatCannotBeToldFromAnotherIsATypedError(_ payload: String) {
        #expect(refusal(v2, #"["1","2","t","phx_reply",\#(payload)]"#) != nil)
        #expect(refusal(v1, #"{"topic":"t","event":"phx_reply","ref":"1","payload":\#(payload)}"#) != nil)
    }

    @Test func aStatusBelongsToAReplyAlone() {
        let noStatus = Message(topic: "t", event: "phx_reply", payload: json("{}"))
        let noReply = Message(topic: "t", event: "e", status: "ok", payload: json("{}"))
        for message in [noStatus, noReply] {
            for role in Role.allCases {
                let error = #expect(throws: PhoenixError.self) { try v2.encode(message, as: role) }
                #expect(error?.code == .encoding)
            }
        }
    }

    // MARK: Version 1

    @Test func version1IsAMapInTheOrderOfItsWriter() throws {
        let message = Message(joinReference: "1", reference: 2, topic: "t", event: "e", payload: json(#"{"a":1}"#))
        #expect(
            try v1.encode(message, as: .client).bytes.text
                == #"{"topic":"t","event":"e","payload":{"a":1},"ref":"2","join_ref":"1"}"#
        )
        #expect(
            try v1.encode(message, as: .server).bytes.text == #"{"event":"e","payload":{"a":1},"ref":"2","topic":"t"}"#
        )
        let bare = Message(topic: "t", event: "e", payload: json("null"))
        #expect(try v1.encode(bare, as: .client).bytes.text == #"{"topic":"t","event":"e","payload":null,"ref":null}"#)
    }

    @Test func version1ReadsMembersInAnyOrder() throws {
        let text = #" {"payload":{"status":"no"},"x":[],"ref":9,"event":"a","topic":"t","event":"e","join_ref":null} "#
        let message = try v1.decode(.text(text), as: .server)
        #expect(message.event == "e")
        #expect(message.reference == Reference(9, quoted: false))
        #expect(message.reference?.isQuoted == false)
        #expect(message.payload["status"]?.string == "no")
        let reply = #"{"payload":{"status":"ok","response":[1]},"ref":"1","topic":"t","event":"phx_reply"}"#
        #expect(try v1.decode(.text(reply), as: .client).payload.bytes.text == "[1]")
    }

    @Test func version1NeedsARefOfAClientOnly() throws {
        let text = #"{"topic":"t","event":"e","payload":{}}"#
        #expect(refusal(v1, text, .server) == "a ref before the end")
        #expect(try v1.decode(.text(text), as: .client).reference == nil)
        #expect(refusal(v1, #"{"topic":"t","payload":{},"ref":"1"}"#) == "an event before the end")
        #expect(refusal(v1, #"{"topic":1,"event":"e","payload":{},"ref":"1"}"#) == "a string or null")
        #expect(refusal(v1, "[]") == "an object")
        #expect(refusal(v1, #"{"topic":"t","event":"e","payload":{},"ref":"1"},"#) == "the end of the text")
    }

    @Test func version1HasNoBinaryPayloads() {
        let message = Message(topic: "t", event: "e", payload: Payload(binary: [1]))
        let error = #expect(throws: PhoenixError.self) { try v1.encode(message, as: .client) }
        #expect(error?.code == .encoding)
        #expect(error?.message.contains("JSONSerializer.v2") == true)
    }

    // MARK: Writing

    @Test func aPayloadThatIsNoJSONIsNotSent() {
        for text in ["", "{", "1 2", "nul", "{\"a\":1}]"] {
            for serializer in [v1, v2] {
                let message = Message(topic: "t", event: "e", payload: json(text))
                let error = #expect(throws: PhoenixError.self) { try serializer.encode(message, as: .client) }
                #expect(error?.code == .encoding)
                #expect(error?.cause is JSONError)
            }
        }
    }

    @Test func lineBreaksBetweenTokensAreLeftOut() throws {
        let pretty = "{\r\n  \"a\" : [\n1,\n2\r]\n,\"b\":\"x\\ny\"}\n"
        let frame = try v2.encode(Message(topic: "t", event: "e", payload: json(pretty)), as: .client)
        #expect(frame.bytes.text == #"[null,null,"t","e",{  "a" : [1,2],"b":"x\ny"}]"#)
        struct Holder: Codable { var raw: Payload }
        let held = try JSONFormat().encode(Holder(raw: json(pretty)))
        #expect(!held.contains(0x0A) && !held.contains(0x0D))
        #expect(try JSONFormat().value(of: held)["raw"] == JSONFormat().value(of: Bytes(pretty)))
    }

    @Test func namesMustBeUTF8() {
        let message = Message(
            joinReference: nil,
            reference: nil,
            topicBytes: [0xFF],
            eventBytes: [0x65],
            payload: json("{}")
        )
        for serializer in [v1, v2] {
            let error = #expect(throws: PhoenixError.self) { try serializer.encode(message, as: .client) }
            #expect(error?.code == .encoding)
        }
    }

    @Test func aPayloadInAnotherFormatIsATypedError() {
        struct Other: PayloadFormat {
            var name: String { "Other" }
            func encode<Encoded: Encodable>(_ value: Encoded) throws -> Bytes { [] }
            func encode(value: Value) throws -> Bytes { [] }
            func decode<Decoded: Decodable>(_ type: Decoded.Type, from bytes: Bytes) throws -> Decoded {
                throw PhoenixError(.decoding, "never")
            }
            func value(of bytes: Bytes) throws -> Value { .null }
        }
        let message = Message(topic: "t", event: "e", payload: Payload(Bytes("{}"), format: Other()))
        let error = #expect(throws: PhoenixError.self) { try v2.encode(message, as: .client) }
        #expect(error?.code == .encoding)
    }

    @Test func errorsDoNotShowWhatCame() {
        let secret = "hunter2"
        for text in [#"["1","2","t","e",{"password":"\#(secret)"}"#, secret, #"["\#(secret)",2,"\#(secret)"]"#] {
            for serializer in [v1, v2] {
                let error = #expect(throws: PhoenixError.self) { try serializer.decode(.text(text), as: .client) }
                #expect(error.map { "\($0) \($0.cause as Any)" }?.contains(secret) == false)
            }
        }
    }
}
