internal import ArgumentParser

/// Checks topics as users give them.
enum TopicArguments {
    static func check(_ topics: [String]) throws {
        guard !topics.contains("") else {
            throw ValidationError("Expected a topic such as room:lobby, got an empty one.")
        }
    }
}
