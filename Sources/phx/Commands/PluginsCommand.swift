internal import ArgumentParser
internal import Phoenix

struct PluginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "Shows the transports, serializers and extensions, and which of them fit each other.",
        discussion: """
            EXAMPLES
              phx plugins
              phx plugins --json | jq '.pairs[] | select(.fits | not)'
            """
    )

    @Flag(help: "Print JSON on a terminal too.")
    var json = false

    func run() throws {
        let console = Console(json: json)
        let report = PluginReport(.standard)
        if console.isJSON {
            console.line(try JSONFormat().encode(value: report.value).text)
        } else {
            for line in report.lines(console.style) { console.line(line) }
        }
    }
}
