/// What a run over a folder did to each model below it; the JSON form is `summary.json`.
package struct FolderReport: Sendable, Codable, Equatable {
    /// The version of the JSON form; raised when a field changes its meaning or goes away.
    package static let currentVersion = 1

    package var version = currentVersion
    package var tool = Report.Tool()
    package var command: [String] = []
    package var input: String
    package var output: String
    /// Sorted by path.
    package private(set) var models: [Entry]
    package private(set) var totals: Totals
    /// Wall time of the whole run.
    package var seconds: Double

    package enum Status: String, Sendable, Codable, CaseIterable {
        /// Written.
        case done
        /// A gate such as `--max-drop` failed.
        case gate
        /// There is no result.
        case failed
        /// Not begun, because the run was stopped.
        case skipped
    }

    /// One model.
    package struct Entry: Sendable, Codable, Equatable {
        /// Relative to the folder.
        package var path: String
        package var status: Status
        package var exitCode: Int32?
        package var bytesBefore: Int?
        package var bytesAfter: Int?
        /// Top-1, in 0…1.
        @Finite package var accuracyBefore: Double?
        @Finite package var accuracyAfter: Double?
        /// What went wrong, or a warning.
        package var message: String?
        package var seconds: Double

        package init(
            path: String, status: Status, exitCode: Int32? = nil, bytesBefore: Int? = nil, bytesAfter: Int? = nil,
            accuracyBefore: Double? = nil, accuracyAfter: Double? = nil, message: String? = nil, seconds: Double = 0
        ) {
            self.path = path
            self.status = status
            self.exitCode = exitCode
            self.bytesBefore = bytesBefore
            self.bytesAfter = bytesAfter
            _accuracyBefore = Finite(wrappedValue: accuracyBefore)
            _accuracyAfter = Finite(wrappedValue: accuracyAfter)
            self.message = message
            self.seconds = seconds.isFinite ? seconds : 0
        }
    }

    package struct Totals: Sendable, Codable, Equatable {
        package var models = 0
        package var done = 0
        package var gate = 0
        package var failed = 0
        package var skipped = 0
        /// Of the models that have a result.
        package var bytesBefore = 0
        package var bytesAfter = 0
    }

    package init(input: String, output: String, models: [Entry], seconds: Double) {
        self.input = input
        self.output = output
        self.models = models.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        self.seconds = seconds.isFinite ? seconds : 0
        totals = Totals()
        totals.models = models.count
        for model in models {
            switch model.status {
            case .done: totals.done += 1
            case .gate: totals.gate += 1
            case .failed: totals.failed += 1
            case .skipped: totals.skipped += 1
            }
            if let before = model.bytesBefore, let after = model.bytesAfter {
                totals.bytesBefore += before
                totals.bytesAfter += after
            }
        }
    }
}
