import Testing

@Suite("A proxy's program")
struct ProgramTests {
    @Test("that is missing is an error that says what to do, and skips nothing")
    func missing() throws {
        let folder = try Folder()
        let error = #expect(throws: Program.Failure.self) { try Program.launch("no-such-proxy", [], in: folder) }
        #expect(error?.description.contains("no-such-proxy") == true)
        #expect(error?.description.contains("scripts/check-proxies") == true)
    }

    @Test("that ends at once is an error with its own words", .timeLimit(.minutes(1)))
    func failing() async throws {
        let folder = try Folder()
        let error = await #expect(throws: Program.Failure.self) {
            _ = try await Program.start("haproxy", in: folder) { _ in ["-f", "\(folder.path)/missing.cfg"] }
        }
        #expect(error?.description.contains("missing.cfg") == true)
    }
}
