private import Phoenix
private import Synchronization

/// The charts of all routes while they are filled in.
final class Ledger: Sendable {
    private let state: Mutex<[Chart]>
    private let show: @Sendable (Chart.Row) -> Void

    /// Creates a ledger that gives each row to `show` as soon as it is known.
    init(_ charts: [Chart], show: @escaping @Sendable (Chart.Row) -> Void) {
        state = Mutex(charts)
        self.show = show
    }

    var charts: [Chart] { state.withLock { $0 } }

    func record(_ outcome: Outcome, of step: Step, on route: Route) {
        let rows = state.withLock { charts in
            charts.firstIndex { $0.route == route }.map { charts[$0].record(outcome, of: step) } ?? []
        }
        for row in rows { show(row) }
    }

    func isOpen(_ step: Step, on route: Route) -> Bool {
        state.withLock { charts in charts.contains { $0.route == route && $0.isOpen(step) } }
    }
}
