import CMallinfo
import Foundation

/// What this process holds at a moment.
struct Footprint {
    var descriptors: Int
    var threads: Int
    var liveBytes: Int

    static func now() -> Footprint {
        func count(_ folder: String) -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: folder))?.count ?? 0
        }
        return Footprint(
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            liveBytes: Int(phoenix_live_malloc_bytes())
        )
    }
}
