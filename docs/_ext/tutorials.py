"""Tutorials as notebooks: each script of ``tutorials/`` becomes a notebook next to the pages, which Sphinx runs.

The scripts (py:percent) are the sources; the notebooks are generated here only.
"""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import nbformat
from sphinx.application import Sphinx

__all__ = ["notebook_of", "setup"]

_FOLDER = Path(__file__).resolve().parents[2] / "tutorials"
_NOT_RUN = ("mediterranean",)  # as in nb_execution_excludepatterns
_RUN = "here it was run at its small size"
_DOWNLOADS = (
    "*This page is {download}`a script <../../tutorials/{stem}.py>`, `tutorials/{stem}.py`; {run}. "
    "The same as {download}`a notebook <{stem}.ipynb>`.*"
)


def notebook_of(script: Path) -> nbformat.NotebookNode:
    """Return the notebook of a tutorial, with links to pages and to the script; equal scripts give equal notebooks."""
    notebook = jupytext.read(script)
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i}"
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(\.\./docs/", "](../", cell.source)
            cell.source = re.sub(r"\]\((?:\.\./tutorials/)?(\w+)\.py\)", r"](\1.ipynb)", cell.source)
    title, _, rest = notebook.cells[0].source.partition("\n")
    run = "it needs files that are fetched, and was not run here" if script.stem in _NOT_RUN else _RUN
    downloads = _DOWNLOADS.replace("{stem}", script.stem).replace("{run}", run)
    notebook.cells[0].source = f"{title}\n\n{downloads}\n{rest}"
    return notebook


def _write(app: Sphinx) -> None:
    folder = Path(app.srcdir) / "tutorials"
    folder.mkdir(exist_ok=True)
    made = set()
    for script in sorted(_FOLDER.glob("*.py")):
        path = folder / f"{script.stem}.ipynb"
        text = nbformat.writes(notebook_of(script))
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
        made.add(path)
    for old in set(folder.glob("*.ipynb")) - made:
        old.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the generation of notebooks, which runs before Sphinx collects the pages."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
