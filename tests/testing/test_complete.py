"""One check for each abstract class of the package."""

import ast
import re
from pathlib import Path

import xdvn
from xdvn import testing

# The check of the parent class covers these subclasses.
CHECKED_AS = {
    "AbstractAnalysis": "AbstractMapper",
    "AbstractMeanModel": "AbstractMapper",
    "AbstractMethod": "AbstractMapper",
    "AbstractSolutionLoss": "AbstractLoss",
}
# Internal to the benchmark command, whose tests cover its output.
INTERNAL = {"AbstractEvaluation"}


def abstract_classes():
    for path in Path(xdvn.__file__).parent.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Abstract"):
                yield node.name


def test_every_abstract_class_has_its_check():
    names = sorted(set(abstract_classes()) - INTERNAL)
    assert "AbstractPrior" in names
    for name in names:
        stem = CHECKED_AS.get(name, name).removeprefix("Abstract")
        check = "check_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stem).lower()
        assert callable(getattr(testing, check, None)), f"xdvn.testing lacks {check} for {name}"
