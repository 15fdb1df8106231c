/// A key, or what a terminal sends for one.
enum Key: Hashable, Sendable {
    case scalar(Unicode.Scalar)
    case enter, backspace, delete
    case left, right, up, down, home, end
    case wordLeft, wordRight
    /// A letter with the control key, in lower case.
    case control(Character)
    /// Something that means nothing here.
    case unknown
}
