"""A report of bench-peers as Markdown."""
# The engines, as their makers call them.
NAMES = {"litert": "LiteRT", "onnxruntime": "onnxruntime", "openvino": "OpenVINO"}


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def figure(microseconds):
    return f"{microseconds:,.0f}" if microseconds >= 100 else f"{microseconds:.1f}"


def share(ratio, target, is_least=False):
    if target is None:
        return f"{ratio:.3f}" if ratio < 0.2 else f"{ratio:.2f}"
    is_met = ratio >= target if is_least else ratio <= target
    digits = 3 if ratio < 0.2 else 2
    return f"{ratio:.{digits}f}" if is_met else f"**{ratio:.{digits}f}**"


def markdown(report):
    machine = report["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; {report['threads']} thread(s); µs for one sample, medians; "
        "bold where the ratio misses its target", ""]
    if report["rows"]:
        lines += [row("model", "type", "ours", "µs", "theirs", "µs", "ratio", "target", "outputs"), row(*["---"] * 9)]
    for r in report["rows"]:
        batch = f", batch {r['batch']}" if r["batch"] > 1 else ""
        kind = f"float32 .{r['format']}" if r["contest"] == "float32" else r["contest"]
        lines.append(row(
            r["model"] + batch, kind, r["numerics"], figure(r["ours"]), r["peer"], figure(r["theirs"]),
            share(r["ratio"], r["target"]), r["target"] or "", r["outputs"]))
    if report["files"]:
        lines += [row("file", "numerics", "ours", *NAMES.values(), "ratio", "outputs"), row(*["---"] * (5 + len(NAMES)))]
    for r in report["files"]:
        theirs = [figure(r["theirs"][engine]) if engine in r["theirs"] else "–" for engine in NAMES]
        lines.append(row(
            r["file"] + (f", batch {r['batch']}" if r["batch"] > 1 else ""), r["numerics"], figure(r["ours"]), *theirs,
            share(r["ratio"], 1), r["outputs"]))
    if report["throughput"]:
        lines += ["", row("model, int8", "samples/s on one core", "on two", "ratio", "target"), row(*["---"] * 5)]
    for r in report["throughput"]:
        lines.append(row(
            r["model"], f"{r['one']:,.0f}", f"{r['two']:,.0f}", share(r["ratio"], r["target"], is_least=True),
            f"at least {r['target']}"))
    if report["quantization"]:
        lines += ["", row("quantizing MobileNetV2 1.0", "ours", "theirs", "ratio", "target", "peak, ours", "theirs", "target"),
                  row(*["---"] * 8)]
    for r in report["quantization"]:
        limit = f"{r['peak_limit'] / 1e6:.0f} MB" if r["peak_limit"] else ""
        lines.append(row(
            r["what"], f"{r['ours']:.3f} s", f"{r['theirs']:.2f} s", share(r["ratio"], r["target"]),
            f"1/{1 / r['target']:.0f}" if r["target"] else "", f"{r['peak'] / 1e6:.0f} MB", f"{r['their_peak'] / 1e6:.0f} MB",
            limit))
    return "\n".join(lines)
