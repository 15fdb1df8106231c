internal import PhoenixJSON
internal import PhoenixKit

extension FuzzTarget {
    /// The JSON reader: the dynamic value, the `Decodable` path, and the walk to one field.
    ///
    /// It must take what the grammar of RFC 8259 takes and nothing else, what it read must come back, and its three ways of
    /// reading must agree.
    static func json(_ corpus: Corpus) -> FuzzTarget {
        let words = [
            "null", "true", "false", "[", "]", "{", "}", ",", ":", "\"", "\\", #"\ud83d\ude00"#, #"\udc00"#, #"\u00e4"#,
            "\"a\":", "[[[[",
            "]]]]", "{\"a\":", "1e400", "1E-400", "-0", "-0.0", "0.1", "1.", "01", "9223372036854775807",
            "-9223372036854775808",
            "-9223372036854775809", "18446744073709551615", "18446744073709551616", "123456789012345e22", "\t", "\n",
            "\u{FEFF}", "é", "😀",
        ]
        return FuzzTarget(
            "json",
            seeds: corpus.texts + corpus.bodies,
            tokens: words.map { Array($0.utf8) } + [
                [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            ],
            grow: { dice in
                var text: [UInt8] = []
                grow(&text, &dice, depth: 0)
                return text
            },
            examine: { examineJSON($0) }
        )
    }

    private static func grow(_ text: inout [UInt8], _ dice: inout Dice, depth: Int) {
        let scalars = [
            "null", "true", "false", "0", "-1", "1.5e3", "12345678901234567890", "\"\"", "\"a\"", #""\n\u00e4é""#,
            "9007199254740993",
        ]
        switch dice.below(depth > 5 ? 6 : 10) {
        case 6, 7:
            text.append(UInt8(ascii: "["))
            for index in 0..<dice.below(4) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                grow(&text, &dice, depth: depth + 1)
            }
            text.append(UInt8(ascii: "]"))
        case 8, 9:
            text.append(UInt8(ascii: "{"))
            for index in 0..<dice.below(4) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text += Array(dice.pick(["\"a\":", "\"b\" : ", "\"\\u0061\":", "\"é\":"], or: "").utf8)
                grow(&text, &dice, depth: depth + 1)
            }
            text.append(UInt8(ascii: "}"))
        default:
            text += Array(dice.pick(scalars, or: "").utf8)
        }
        if dice.chance(20) { text.append(UInt8(ascii: " ")) }
    }

    private static func examineJSON(_ input: [UInt8]) -> Bool {
        let format = JSONFormat()
        let bytes = Bytes(input)
        let isJSON = JSONModel.accepts(input)
        // An element of an array is a word in the text and forty bytes in memory, and arrays grow by doubling.
        let value: Value
        switch Meter.bounded(16_384 + 200 * input.count, { Result { try format.value(of: bytes) } }) {
        case .success(let read): value = read
        case .failure(let error):
            require(error is JSONError, "a JSONError, got \(error)")
            require(!isJSON, "JSON to be read, got \(error)")
            require((try? format.decode(Value.self, from: bytes)) == nil, "all ways of reading to agree")
            require(
                format.member("a", of: bytes) == nil && format.element(0, of: bytes) == nil,
                "no field of what is no JSON"
            )
            return false
        }
        require(isJSON, "nothing but JSON to be read")
        require((try? format.decode(Value.self, from: bytes)) == value, "all ways of reading to agree")
        guard let written = try? format.encode(value: value) else { broken("what was read to be written") }
        require((try? format.value(of: written)) == value, "what was written to come back")
        require((try? format.encode(value: value)) == written, "the same to be written each time")
        examineFields(of: value, bytes, format)
        return true
    }

    private static func examineFields(of value: Value, _ bytes: Bytes, _ format: JSONFormat) {
        switch value {
        case .object(let members):
            for (key, member) in members.prefix(8) {
                let field = format.member(key, of: bytes).flatMap { try? format.value(of: $0) }
                require(field == member, "the member \(key.debugDescription) to be found")
            }
        case .array(let elements):
            for (index, element) in elements.enumerated().prefix(8) {
                let field = format.element(index, of: bytes).flatMap { try? format.value(of: $0) }
                require(field == element, "the element \(index) to be found")
            }
            require(format.element(elements.count, of: bytes) == nil, "no element beyond the last")
        default:
            require(format.integer(of: bytes) == value.integer, "the whole number \(value)")
            require(format.double(of: bytes) == value.number, "the number \(value)")
            require(format.string(of: bytes) == value.string, "the string \(value)")
            require(format.boolean(of: bytes) == value.boolean, "the boolean \(value)")
            require(format.isNull(bytes) == (value == .null), "null or not")
        }
    }
}
