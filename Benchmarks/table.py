"""Turns results/*.json into the Markdown table of docs/performance.md, between its two markers."""

import json
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- results: made by Benchmarks/table.py -->", "<!-- end of results -->"


def rows(results, peaks):
    for path in sorted(results.glob("*.json")):
        if path.name == "peaks.json":
            continue
        record = json.loads(path.read_text())
        for layout, pairs in record["pairs"].items():
            ours, theirs = ([pair[side]["seconds"] for pair in pairs] for side in ("ours", "pytorch"))
            memory = [max(pair[side]["peakBytes"] for pair in pairs) for side in ("ours", "pytorch")]
            ratios = [b / a for a, b in zip(ours, theirs)]
            rate = record.get("operations", 0) / statistics.median(ours)
            share = f"{100 * rate / peaks['multiplyAddsPerSecond']:.0f} %" if rate and peaks else ""
            differences = record.get("differences")
            difference = f"{max(differences.values()):.0e}" if differences else ""
            yield (f"| {record['case']}: {record['title']} | {layout.replace('_', ' ')} | {len(pairs)} "
                   f"| {statistics.median(ours):.3g} | {statistics.median(theirs):.3g} "
                   f"| **{statistics.median(ratios):.2f}** ({min(ratios):.2f}…{max(ratios):.2f}) "
                   f"| {memory[0] / 1e9:.2f} | {memory[1] / 1e9:.2f} | {share} | {difference} |")


def main():
    results = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "results")
    if not any(results.glob("*.json")):
        sys.exit(f"{results}: no results; the table stays as it is")
    page = HERE.parent / "docs" / "performance.md"
    peaks_path = results / "peaks.json"
    peaks = json.loads(peaks_path.read_text()) if peaks_path.exists() else None
    table = ["| case | PyTorch's variant | pairs | ours, s | PyTorch, s | ratio (least…most) | ours, GB | PyTorch, GB "
             "| of the FMA peak | outputs differ |", "|---|---|---|---|---|---|---|---|---|---|", *rows(results, peaks)]
    text = page.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    page.write_text(head + BEGIN + "\n" + "\n".join(table) + "\n" + END + tail)


main()
