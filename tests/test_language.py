"""The language of the project: plain, active, idiomatic scientific English, in code, pages and tutorials alike."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TEXTS = [
    *SOURCES,
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
    *sorted((ROOT / "tutorials").glob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]

# Word or phrase (a regular expression, whole words), and what the field writes instead.
REPLACE = {
    r"is told|are told|was told|were told": "receives, is given; or name the sender: '`fit` passes ...'",
    r"tells?|told": "states, shows, returns, reports",
    r"says?|said": "states, specifies, names (an error 'names' a cure)",
    r"anew": "again",
    r"beside": "next to, with, compared with",
    r"called as": "named, with the signature",
    r"unless (?:said|told|asked)": "by default; If None, ...",
    r"(?:is|are) to be": "must be, should be; or the plain verb",
    r"of late": "recent, recently",
    r"goes on|go on|went on|going on": "continues",
    r"whoever": "users who, anyone who",
    r"as it came|as they came|as they come": "unchanged, as given",
    r"brings? along|brings? its own|comes? along": "includes, carries",
    r"takes? turns": "alternate, cycle through",
    r"stands? (?:in|for|at|on|by)": "is in, represents, is at",
    r"has no business": "is not meant for",
    r"dear|dearest|dearer": "expensive, most expensive, more expensive",
    r"is kept from|are kept from|kept back|keeps? back": "withheld from, withholds",
    r"as likely as": "that preserves the distribution",
    r"hand(?:s|ed)? (?:back|out|over)": "return, pass",
    r"takes? (?:up|care)": "handles, continues",
    r"by heart": "overfits to",
    r"in secret|honest(?:ly)?": "name the fact instead",
    r"the sea remembers|ocean remembers": "the ocean is correlated over",
    r"judges?|judged": "evaluates, scores",
    r"what came true": "withheld data, observations",
    r"to be believed|believed?": "trusted, reliable; or state the calibration",
    r"errs?": "has an error of",
    r"retakes?": "resampling",
    r"of its own|of their own|of your own": "its own, their own, your own",
    r"Called by": "delete: a docstring does not name its callers",
}
WORDS = {re.compile(rf"(?<!\.)\b(?:{pattern})\b"): cure for pattern, cure in REPLACE.items()}
NOT_FIRST = {"What", "Where", "How", "Which", "Whether", "Who", "When", "Why", "If", "Of"}


def prose(path: Path) -> str:
    """The text of a page without code, or the docstrings, comments and messages of a module."""
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        return re.sub(r"^```(?!\{note|\{tip|\{warning).*?^```", "", text, flags=re.S | re.M)
    return text


def find(text: str) -> list[str]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for word, cure in WORDS.items():
            if hit := word.search(line):
                found.append(f"line {number}: {hit[0]!r} -> {cure}:  {line.strip()[:90]}")
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_words_of_the_field_are_used(path):
    found = find(prose(path))
    assert not found, f"{path.relative_to(ROOT)}\n" + "\n".join(found)


def functions_and_classes(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_begin_with_an_imperative_or_a_noun(path):
    """Functions: an imperative verb ("Return the ..."). Classes, properties and modules: a noun phrase."""
    tree = ast.parse(path.read_text("utf-8"))
    wrong = []
    if (ast.get_docstring(tree) or "").split()[:1] and ast.get_docstring(tree).split()[0] in NOT_FIRST:
        wrong.append("the module")
    for node in functions_and_classes(tree):
        first = ast.get_docstring(node).split()[0].rstrip(",.:;")
        is_property = any("property" in ast.unparse(d) for d in getattr(node, "decorator_list", []))
        third_person = (
            isinstance(node, ast.FunctionDef)
            and not is_property
            and re.fullmatch(r"[A-Z][a-z]+(?:s|ing)", first)
            and first not in {"Process", "Pass", "Cross", "Address", "Express", "Discuss", "Bring", "String"}
        )
        whether = is_property and first == "Whether"  # a yes-or-no property
        if (first in NOT_FIRST and not whether) or third_person:
            wrong.append(f"{node.name}: {first!r}")
    assert not wrong, f"begin with an imperative verb or a noun phrase: {wrong}"


def test_the_words_are_found():
    assert find("A full disk is told and leaves nothing.")
    assert find("They take turns.")
    assert not find("`fit` withholds a fifth of the tracks.")
