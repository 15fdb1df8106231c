import Foundation
import FuzzTargets

/// The target that `PHOENIX_FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let environment = ProcessInfo.processInfo.environment
    let targets = FuzzTarget.all(recordings: environment["PHOENIX_RECORDINGS"] ?? "Tests/Recordings")
    let name = environment["PHOENIX_FUZZ_TARGET"] ?? ""
    guard let target = targets.first(where: { $0.name == name }) else {
        fatalError("Expected PHOENIX_FUZZ_TARGET to be one of \(targets.map(\.name)), got “\(name)”.")
    }
    return target
}()

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func examine(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = target.examine(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
