import Foundation
import PackagePlugin

/// Writes the package of a new plug-in: one that builds, registers itself, and passes its conformance suite as soon as its author has
/// written the two functions that are left open.
///
///     swift package --allow-writing-to-package-directory new-phoenix-plugin serializer|transport NAME
@main
struct NewPhoenixPlugin: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        if arguments.contains("--help") || arguments.contains("-h") { return print(Order.help) }
        let order = try Order(arguments)
        let source = try PackageSource(context.package)
        let root = context.package.directoryURL
        let folder = order.output.map { URL(filePath: $0, relativeTo: root) } ?? root.appending(path: order.name)
        let directory = folder.standardizedFileURL
        guard !FileManager.default.fileExists(atPath: directory.path) else {
            throw Refusal(
                "Expected a folder that does not exist yet, got \(directory.path). Choose another NAME or --output."
            )
        }
        let skeleton = Skeleton(order: order, templates: source.directory.appending(path: "Plugins"))
        let files = try skeleton.files(dependency: source.dependency(of: directory, order))
        for (path, text) in files {
            let file = directory.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        print(
            """
            Wrote \(files.count) files to \(directory.path).
            Write the two functions in Sources/Phoenix\(order.name)/\(order.openFile), then run there: swift test
            """
        )
    }
}

/// What is wrong with a command, and what to do about it.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
