"""The reference lists what users and extenders call: every name once, under its public path, with a docstring."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import xdvn

PAGES = sorted((Path(__file__).resolve().parents[1] / "docs" / "reference").glob("*.md"))

# Documented names. A larger surface is harder to learn and to keep: add a name only if users or extenders call it.
MOST = 170


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


def test_every_name_of_the_package_is_in_the_reference():
    own = [n for n in xdvn.__all__ if not isinstance(getattr(xdvn, n), ModuleType) and n != "__version__"]
    assert not [name for name in own if f"xdvn.{name}" not in LISTED]


def test_the_reference_is_small():
    assert len(LISTED) <= MOST


@pytest.mark.parametrize("name", LISTED)
def test_the_reference_names_public_paths(name):
    """A listed name is exported by the package it is listed under, or is one of a documented module."""
    module, _, attribute = name.rpartition(".")
    home = importlib.import_module(module)
    exported = getattr(home, "__all__", None) or [n for n in vars(home) if n[0] != "_"]
    assert attribute in exported
    assert not any(part.startswith("_") for part in module.split("."))


@pytest.mark.parametrize("name", LISTED)
def test_listed_names_are_documented(name):
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
