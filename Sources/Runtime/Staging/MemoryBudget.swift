import Synchronization

/// How much memory the tensors may take that a run keeps beside its plans' own.
final class MemoryBudget: Sendable {
    private let left: Mutex<Int>

    init(byteCount: Int = MemoryLimit.byteCount) { left = Mutex(byteCount) }

    /// Takes memory for as long as the result lives; nil if there is not as much left.
    func charge(_ byteCount: Int) -> MemoryCharge? {
        let fits = left.withLock { left in
            guard byteCount <= left else { return false }
            left -= byteCount
            return true
        }
        return fits ? MemoryCharge(byteCount, of: self) : nil
    }

    fileprivate func giveBack(_ byteCount: Int) { left.withLock { $0 += byteCount } }
}

/// Memory that a tensor and its copies take.
final class MemoryCharge: Sendable {
    private let byteCount: Int
    private let budget: MemoryBudget

    fileprivate init(_ byteCount: Int, of budget: MemoryBudget) {
        self.byteCount = byteCount
        self.budget = budget
    }

    deinit { budget.giveBack(byteCount) }
}
