import Foundation
import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

@Suite("What a fallback remembers")
struct FallbackStoreTests {
    @Test("in memory: an age, a bound, and forgetting")
    func inMemory() {
        let clock = TestClock()
        let store = InMemoryFallbackStore(limit: 2, clock: clock)
        #expect(store.recall("a") == nil)
        store.remember("longpoll", at: "a")
        clock.advance(by: .seconds(5))
        store.remember("longpoll", at: "b")
        #expect(store.recall("a") == FallbackMemory(choice: "longpoll", age: .seconds(5)))
        clock.advance(by: .seconds(1))
        store.remember("websocket", at: "c")
        #expect(store.recall("a") == nil, "the oldest goes")
        #expect(store.recall("b")?.age == .seconds(1))
        store.forget("b")
        #expect(store.recall("b") == nil && store.recall("c") != nil)
    }

    @Test("in a file: what one run remembers another knows, in folders made as needed")
    func inAFile() throws {
        try withFolder { folder in
            let now = Mutex<Int64>(1_000)
            let path = folder + "/deep/down/fallback"
            let store = FileFallbackStore(path: path) { now.withLock { $0 } }
            #expect(try store.recall("wss://a:443/socket") == nil)
            try store.forget("wss://a:443/socket")
            try store.remember("longpoll", at: "wss://a:443/socket")
            try store.remember("longpoll", at: "wss://b:443/socket")
            now.withLock { $0 = 1_060 }
            let other = FileFallbackStore(path: path) { now.withLock { $0 } }
            #expect(try other.recall("wss://a:443/socket") == FallbackMemory(choice: "longpoll", age: .seconds(60)))
            try other.remember("carrier", at: "wss://a:443/socket")
            #expect(try other.recall("wss://a:443/socket") == FallbackMemory(choice: "carrier", age: .zero))
            try other.forget("wss://a:443/socket")
            #expect(try other.recall("wss://a:443/socket") == nil)
            #expect(try other.recall("wss://b:443/socket") != nil)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "1000 longpoll wss://b:443/socket\n")
        }
    }

    @Test("in a file: no more than 64 places, the youngest")
    func bounded() throws {
        try withFolder { folder in
            let store = FileFallbackStore(path: folder + "/fallback") { 7 }
            for number in 0..<80 { try store.remember("longpoll", at: "wss://h\(number):443/socket") }
            #expect(try store.recall("wss://h15:443/socket") == nil)
            #expect(try store.recall("wss://h16:443/socket") != nil)
            #expect(try store.recall("wss://h79:443/socket") != nil)
        }
    }

    @Test("in a file: what is no line of ours is passed over; what cannot be read or written throws and traps nothing")
    func damaged() throws {
        try withFolder { folder in
            let path = folder + "/fallback"
            let lines = [
                "", "x", "99999999999999999999 longpoll p", "-5 longpoll", "\u{0}\u{FFFD}",
                "12 longpoll wss://a:443/socket",
            ]
            try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let store = FileFallbackStore(path: path) { 13 }
            #expect(try store.recall("wss://a:443/socket")?.age == .seconds(1))
            try Data([0xFF, 0xFE, 0x0A, 0x80]).write(to: URL(fileURLWithPath: path))
            #expect(try store.recall("wss://a:443/socket") == nil)
            try Data(repeating: 0x20, count: 300_000).write(to: URL(fileURLWithPath: path))
            #expect(throws: (any Error).self) { try store.recall("a") }
            #expect(throws: (any Error).self) { try store.remember("longpoll", at: "a") }
            #expect(throws: (any Error).self) { try FileFallbackStore(path: folder).remember("longpoll", at: "a") }
            #expect(throws: (any Error).self) {
                try FileFallbackStore(path: "/dev/null/x").remember("longpoll", at: "a")
            }
            #expect(throws: PhoenixError.self) { try store.remember("two words", at: "a") }
            #expect(throws: PhoenixError.self) { try store.remember("longpoll", at: "a\nb") }
            #expect(try FileFallbackStore(path: "").recall("a") == nil)
        }
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/fallback-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
