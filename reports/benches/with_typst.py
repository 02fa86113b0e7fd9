#!/usr/bin/env python3
"""Sets the documents of the bench `render` with Typst and prints its time.

    cargo bench -p assay-reports --bench render     # writes the documents and their charts as SVG
    pip install typst
    python3 reports/benches/with_typst.py target/tmp/bench

The Typst documents have the same headings, paragraphs, tables (header repeated), charts, footnotes and contents, in the
same fonts. They are tagged as Typst does by default.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import typst

FONTS = pathlib.Path(__file__).resolve().parents[2] / "assets" / "fonts"

HEAD = """#set document(title: "Bench")
#set page(paper: "a4", margin: 54pt, numbering: "1 of 1", header: [Gallery of blocks])
#set text(font: "Inter", size: 9.4pt)
#show raw: set text(font: "IBM Plex Mono")
#set heading(numbering: none)
#show heading.where(level: 1): it => { pagebreak(weak: true); it }
"""


def escape(text):
    return "".join("\\" + c if c in "\\#*_`$<>@[]~/=-+" else c for c in text)


def rich(pieces, values):
    out = []
    for piece in pieces:
        ((kind, inner),) = piece.items()
        if kind in ("text", "name"):
            out.append(escape(inner))
        elif kind == "number":
            out.append(escape(values[inner]["text"]))
        elif kind == "code":
            out.append("#raw(" + json.dumps(inner) + ")")
        elif kind == "strong":
            out.append("#strong[" + rich(inner, values) + "]")
        elif kind == "emphasis":
            out.append("#emph[" + rich(inner, values) + "]")
        elif kind == "evidence":
            out.append(escape(inner))
        elif kind == "link":
            out.append(rich(inner["text"], values))
        elif kind == "footnote":
            out.append("#footnote[" + rich(inner, values) + "]")
    return "".join(out)


def table(block, values):
    aligns = ", ".join("right" if c["align"] == "right" else "left" for c in block["columns"])
    head = ", ".join("[*" + escape(c["title"]) + "*]" for c in block["columns"])
    rows = ",\n".join(", ".join("[" + rich(cell, values) + "]" for cell in row["cells"]) for row in block["rows"])
    columns = len(block["columns"])
    shown = f"table(columns: {columns}, align: ({aligns}), stroke: 0.4pt, table.header({head}),\n{rows})"
    return f"#show figure: set block(breakable: true)\n#figure(caption: [{rich(block['title'], values)}], {shown})\n"


def typst_source(document, charts):
    values = document["values"]
    out = [HEAD]
    chart = 0
    for section in document["sections"]:
        out.append("= " + rich(section["action_title"], values))
        for block in section["blocks"]:
            if block == "contents":
                out.append("#outline()")
                continue
            ((kind, inner),) = block.items()
            if kind in ("lead", "paragraph"):
                out.append(rich(inner, values))
            elif kind == "heading":
                out.append("== " + rich(inner, values))
            elif kind == "table":
                out.append(table(inner, values))
            elif kind == "figures":
                for figure in inner:
                    caption = rich(figure["takeaway"], values)
                    out.append(f'#figure(caption: [{caption}], image("{charts}/{chart}.svg", width: 100%, alt: "A chart"))')
                    chart += 1
            out.append("")
    return "\n\n".join(out)


def pages(pdf):
    """The pages of a PDF by poppler, where it is installed."""
    if not shutil.which("pdfinfo"):
        return "?"
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        told = subprocess.run(["pdfinfo", file.name], capture_output=True, text=True, check=True).stdout
    return next(line.split()[1] for line in told.splitlines() if line.startswith("Pages:"))


def ratio(folder, name, typst_secs):
    """How many times as long the bench took in the same target folder, by its median."""
    estimates = folder.parents[1] / "criterion" / "render" / name / "new" / "estimates.json"
    if not estimates.exists():
        return ""
    secs = json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9
    return f"; Assay {secs:.3f} s, {secs / typst_secs:.1f} times as long"


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    for path in sorted(folder.glob("*.json")):
        source = folder / (path.stem + ".typ")
        source.write_text(typst_source(json.loads(path.read_text()), path.stem))
        times = []
        for _ in range(3):
            start, start_cpu = time.perf_counter(), time.process_time()
            pdf = typst.compile(str(source), font_paths=[str(FONTS)], root=str(folder))
            times.append((time.perf_counter() - start, time.process_time() - start_cpu))
        best, cpu = min(times)
        print(
            f"{path.stem}: {pages(pdf)} pages, {len(pdf)} bytes, {best:.3f} s ({cpu:.3f} s of processor time), "
            f"best of {len(times)}{ratio(folder, path.stem, best)}"
        )


main()
