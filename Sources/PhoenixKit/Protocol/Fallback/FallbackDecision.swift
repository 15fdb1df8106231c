extension Fallback {
    /// What to do next, and why.
    public struct Decision: Sendable, Hashable {
        /// The kind of step.
        ///
        /// More may be added.
        public struct Step: Sendable, Hashable, CustomStringConvertible {
            private enum Raw: String, Sendable {
                case begin, retry, fallBack, startOver, move, stay
            }

            private let raw: Raw

            public var description: String { raw.rawValue }

            /// The first try.
            public static let begin = Step(raw: .begin)
            /// The same candidate again.
            public static let retry = Step(raw: .retry)
            /// The next candidate, less preferred than the one before.
            public static let fallBack = Step(raw: .fallBack)
            /// The best candidate again, because the others did not fare better.
            public static let startOver = Step(raw: .startOver)
            /// A better candidate, which has proved itself on a second connection.
            public static let move = Step(raw: .move)
            /// Nothing: the present connection is the best there is for now.
            public static let stay = Step(raw: .stay)
        }

        /// The kind of step.
        public let step: Step
        /// Where to connect.
        public let target: ConnectionTarget
        /// How long to wait before.
        public let delay: Duration
        /// What was tried, what came and why it moves or stays: one line for the log, without secrets.
        public let explanation: String

        /// What a handler returns to have it done.
        public var directive: Directive {
            switch step {
            case .move: .move(to: target)
            case .stay: .ok
            default: .connectTo(target, after: delay)
            }
        }
    }
}
