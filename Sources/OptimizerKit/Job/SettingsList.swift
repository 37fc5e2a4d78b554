/// The settings in effect, by option name, as reports show them.
enum SettingsList {
    static func entries(_ options: OptimizationOptions, passes: [String], threads: Int) -> [String: String] {
        var entries = [
            "pipeline": passes.joined(separator: ","),
            "threads": "\(threads)",
        ]
        if let mode = options.quantization {
            entries["quantization"] = mode.rawValue
            if mode == .int8 { entries["io"] = options.interface.rawValue }
            if let type = options.activations { entries["activations"] = type.rawValue }
            if options.usesQOperators { entries["qoperator"] = "true" }
        }
        if let pruning = options.pruning {
            entries["prune"] = "\(pruning.sparsity)"
            entries["prune-scope"] = pruning.scope.rawValue
            entries["prune-depthwise"] = "\(pruning.includesDepthwise)"
            entries["prune-first-last"] = "\(pruning.includesFirstAndLast)"
        }
        if let path = options.calibration { entries["calibrate"] = path }
        if let path = options.evaluation { entries["evaluate"] = path }
        if options.calibration != nil || options.evaluation != nil {
            entries["scale"] = "\(options.scale)"
            entries["offset"] = "\(options.offset)"
            entries["layout"] = options.layout.rawValue
            if let size = options.resize { entries["resize"] = "\(size.height)x\(size.width)" }
        }
        for shape in options.shapes {
            entries["shape \(shape.name)"] = shape.sizes.map(String.init).joined(separator: ",")
        }
        if let limit = options.calibrationLimit { entries["samples"] = "\(limit)" }
        if let limit = options.patchLimit { entries["stop-after-patch"] = "\(limit)" }
        if options.isStrict { entries["strict"] = "true" }
        return entries
    }
}
