internal import ArgumentParser

struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Prints the completions of a shell.",
        discussion: """
            EXAMPLES
              phx completions bash > ~/.local/share/bash-completion/completions/phx
              phx completions zsh > "${fpath[1]}/_phx"
              phx completions fish > ~/.config/fish/completions/phx.fish
            """
    )

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Console(plain: true).line(Phx.completionScript(for: kind))
    }
}
