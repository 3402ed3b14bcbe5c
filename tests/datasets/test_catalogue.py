"""The catalogue prints name, size, licence, purpose and presence, and is a collection of names."""

import pytest

from xdvn.datasets import available, fetch


def test_it_prints_a_table(folder):
    fetch("a/good.txt")
    lines = repr(available()).splitlines()
    assert lines[0] == f"10 data files; what is fetched is kept in {folder}"
    assert lines[2].split()[-3:] == ["size", "cached", "check"]
    start = next(i for i, line in enumerate(lines) if line.startswith("a/good.txt"))
    assert lines[start].split() == ["a/good.txt", "35", "kB", "yes", "sha256"]
    assert lines[start + 1 : start + 3] == ["    a good file; doi:10.1/2", "    licence: CC0"]
    assert any(line.split() == ["b/md5.txt", "?", "no", "md5"] for line in lines)
    assert any(line.split() == ["b/unknown.txt", "?", "no", "none"] for line in lines)


def test_it_is_a_collection_of_names(folder):
    catalogue = available("b/")
    assert list(catalogue) == ["b/md5.txt", "b/unknown.txt", "b/mirrored.txt", "b/hopeless.txt"]
    assert len(catalogue) == 4
    assert "a/good.txt" not in catalogue
    assert len(catalogue["b/mirrored.txt"].addresses) == 6
    with pytest.raises(KeyError, match="no data file is called 'a/good.txt'"):
        catalogue["a/good.txt"]


def test_it_turns_into_a_dataframe(folder):
    fetch("a/good.txt")
    table = available().to_dataframe()
    assert table.cached.tolist() == [True] + [False] * 9
    assert table.loc["a/good.txt", ["about", "size", "licence", "doi", "check", "source"]].tolist() == [
        "a good file", 35_000, "CC0", "10.1/2", "sha256", "a page",
    ]  # fmt: skip


def test_an_empty_choice_names_the_families(folder):
    with pytest.raises(ValueError, match="no data file's name starts with 'c/'; the families are a, b"):
        available("c/")
