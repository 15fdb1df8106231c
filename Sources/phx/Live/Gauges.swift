internal import CoreMetrics
private import Synchronization

/// The numbers of one socket, to be read at any time: where its `SocketMetrics` go.
final class Gauges: MetricsFactory {
    /// One number.
    private final class Cell: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
        private let number = Atomic<Int64>(0)

        var value: Int64 { number.load(ordering: .relaxed) }

        func increment(by amount: Int64) { _ = number.wrappingAdd(amount, ordering: .relaxed) }
        func increment(by amount: Double) { increment(by: Int64(amount)) }
        func decrement(by amount: Double) { increment(by: -Int64(amount)) }
        func set(_ value: Int64) { number.store(value, ordering: .relaxed) }
        func set(_ value: Double) { set(Int64(value)) }
        func record(_ value: Int64) { set(value) }
        func record(_ value: Double) { set(Int64(value)) }
        func recordNanoseconds(_ duration: Int64) { set(duration) }
        func reset() { set(Int64(0)) }
    }

    private let cells = Mutex<[String: [Cell]]>([:])

    /// What the instruments of this name have added up to, whatever their dimensions.
    func total(_ label: String) -> Int {
        let cells = cells.withLock { $0[label] ?? [] }
        return Int(cells.reduce(0) { $0 + $1.value })
    }

    private func cell(_ label: String) -> Cell {
        let cell = Cell()
        cells.withLock { $0[label, default: []].append(cell) }
        return cell
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { cell(label) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { cell(label) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { cell(label) }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        cell(label)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
