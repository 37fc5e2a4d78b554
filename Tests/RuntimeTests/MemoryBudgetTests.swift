import Testing

@testable import Runtime

@Suite struct MemoryBudgetTests {
    @Test func chargesLiveAsLongAsTheirHolders() {
        let budget = MemoryBudget(byteCount: 10)
        var first = budget.charge(6)
        #expect(first != nil)
        let copy = first
        #expect(budget.charge(5) == nil)
        first = nil
        withExtendedLifetime(copy) { #expect(budget.charge(5) == nil) }
    }

    @Test func memoryThatNobodyHoldsIsFree() {
        let budget = MemoryBudget(byteCount: 10)
        for _ in 0..<3 { #expect(budget.charge(10) != nil) }
    }
}
