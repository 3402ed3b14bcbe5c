"""Every public name has a place in the reference, once, and a docstring to fill it."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import xdvn

PAGES = sorted((Path(__file__).resolve().parents[1] / "docs" / "reference").glob("*.md"))

# Modules beside those of xdvn.__all__ that users are told to import from.
NAMED = (
    "xdvn.model",
    "xdvn.comparison",
    "xdvn.recipe",
    "xdvn.iterates",
    "xdvn.citation",
    "xdvn.experiments",
    "xdvn.labelled",
)
# Packages without names of their own: each of their modules is one.
LAYERS = ("core", "grid")


def public_modules() -> Iterator[str]:
    """What ``xdvn.`` offers, and what is below the two layers that are read file by file."""
    yield from ("xdvn", *NAMED)
    for name in xdvn.__all__:
        if isinstance(getattr(xdvn, name), ModuleType) and name not in LAYERS:
            yield f"xdvn.{name}"
    for layer in LAYERS:
        found = importlib.import_module(f"xdvn.{layer}")
        yield from (f"xdvn.{layer}.{module.name}" for module in pkgutil.iter_modules(found.__path__))


def names_of(module: ModuleType) -> list[str]:
    """Its ``__all__``, or what it takes in as ``X as X``."""
    if hasattr(module, "__all__"):
        return [n for n in module.__all__ if not isinstance(getattr(module, n), ModuleType) and n != "__version__"]
    return [n for n, o in vars(module).items() if n[0] != "_" and str(getattr(o, "__module__", "")).startswith("xdvn")]


def listed() -> Iterator[str]:
    """Dotted names in the reference, as Sphinx reads them."""
    for page in PAGES:
        home = ""
        for line in page.read_text("utf-8").splitlines():
            if found := re.match(r"\.\. currentmodule:: (\S+)", line):
                home = found[1]
            elif found := re.match(r"(?:   |\.\. py:data:: )(\w[\w.]*)$", line):
                yield f"{home}.{found[1]}"


LISTED = [name for name in listed() if name.startswith("xdvn.")]


def object_of(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("module", list(public_modules()))
def test_every_public_name_is_in_the_reference(module):
    home = importlib.import_module(module)
    known = {id(object_of(name)) for name in LISTED}
    missing = [name for name in names_of(home) if id(getattr(home, name)) not in known]
    assert not missing, f"add {missing} of {module} to a page of docs/reference"


@pytest.mark.parametrize("name", LISTED)
def test_what_the_reference_lists_is_documented(name):
    assert LISTED.count(name) == 1
    found = object_of(name)
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        return  # a constant: its line stands in the page
    assert inspect.getdoc(found), f"{name} has no docstring"
    if inspect.isclass(found):
        own = {
            k: v for k, v in vars(found).items() if k[0] != "_" and (inspect.isfunction(v) or isinstance(v, property))
        }
        assert not [k for k in own if not inspect.getdoc(getattr(found, k))]


def test_every_method_of_the_accessor_is_in_the_reference():
    own = {name for name in vars(xdvn.accessor.DvnAccessor) if name[0] != "_"}
    page = next(page for page in PAGES if page.stem == "accessor").read_text("utf-8")
    assert set(re.findall(r"Dataset\.dvn\.(\w+)", page)) == own
