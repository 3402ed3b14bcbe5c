"""The catalogue prints name, size, licence, description and availability, and is a collection of names."""

import pytest

from xdvn.datasets import fetch, list_files


def test_it_prints_a_table(folder):
    fetch("a/good.txt")
    lines = repr(list_files()).splitlines()
    assert lines[0] == f"10 data files; fetch stores them in {folder}"
    assert lines[2].split()[-3:] == ["size", "cached", "check"]
    start = next(i for i, line in enumerate(lines) if line.startswith("a/good.txt"))
    assert lines[start].split() == ["a/good.txt", "35", "kB", "yes", "sha256"]
    assert lines[start + 1 : start + 3] == ["    a good file; doi:10.1/2", "    licence: CC0"]
    assert any(line.split() == ["b/md5.txt", "?", "no", "md5"] for line in lines)
    assert any(line.split() == ["b/unknown.txt", "?", "no", "none"] for line in lines)


def test_it_is_a_collection_of_names(folder):
    catalogue = list_files("b/")
    assert list(catalogue) == ["b/md5.txt", "b/unknown.txt", "b/mirrored.txt", "b/hopeless.txt"]
    assert len(catalogue) == 4
    assert "a/good.txt" not in catalogue
    assert len(catalogue["b/mirrored.txt"].addresses) == 6
    with pytest.raises(KeyError, match="there is no data file 'a/good.txt'. List all names with print"):
        catalogue["a/good.txt"]


def test_it_converts_to_a_dataframe(folder):
    fetch("a/good.txt")
    table = list_files().to_dataframe()
    assert table.cached.tolist() == [True] + [False] * 9
    assert table.loc["a/good.txt", ["description", "size", "licence", "doi", "check", "source"]].tolist() == [
        "a good file", 35_000, "CC0", "10.1/2", "sha256", "a page",
    ]  # fmt: skip


def test_an_unknown_beginning_is_refused_with_the_families(folder):
    with pytest.raises(ValueError, match="start='c/': expected the beginning of a file name. The families are a, b"):
        list_files("c/")
