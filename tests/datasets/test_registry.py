"""The format of the registry, and the completeness of the distributed one."""

import pytest

from xdvn.datasets import Entry, list_files, registry
from xdvn.datasets.registry import read_registry, registry_path

SHA = "sha256:" + "0" * 64


def written(tmp_path, text):
    path = tmp_path / "data_registry.txt"
    path.write_text(text)
    return path


def test_metadata_apply_up_to_an_empty_line_and_mirrors_to_one_entry(tmp_path):
    text = (
        "# about: two files\n# size: 7\n# licence: CC0\n# doi: 10.1/2\n# source: here\n# mirror: http://b/1\n"
        f"one {SHA} http://a/1\ntwo md5:{'a' * 32} http://a/2\n\n# about: other\nthree unknown http://a/3\n"
    )
    one, two, three = read_registry(written(tmp_path, text)).values()
    assert one == Entry("one", SHA, ("http://a/1", "http://b/1"), "two files", "CC0", "here", 7, "10.1/2")
    assert two == Entry("two", "md5:" + "a" * 32, ("http://a/2",), "two files", "CC0", "here", 7, "10.1/2")
    assert three == Entry("three", None, ("http://a/3",), "other", "", "", None, "")
    assert [entry.check for entry in (one, two, three)] == ["sha256", "md5", "none"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"one {SHA}", "line 1: .*: expected 'name hash address'"),
        (f"one {SHA} http://a\none {SHA} http://b", "line 2: .*: the name occurs twice"),
        ("one sha256:123 http://a", "one: 'sha256:123' is not a hash: expected 'sha256:' with 64"),
        ("one " + "g" * 64 + " http://a", "is not a hash: expected"),
    ],
)
def test_malformed_lines_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_registry(written(tmp_path, text))


def test_an_entry_needs_an_address():
    with pytest.raises(ValueError, match="one has no address: expected a line 'name hash address'"):
        Entry("one", SHA, (), "", "", "")


def test_the_distributed_registry_is_complete():
    table = list_files().to_dataframe()
    families = table.groupby([name.split("/")[0] for name in table.index]).size().to_dict()
    assert families == {
        "ssh": 8, "sst": 2, "currents": 1, "tracks": 6, "model": 1, "osse_2020a": 24, "ose_2021a": 14, "starter": 1,
    }  # fmt: skip
    assert (table[["description", "licence", "source"]] != "").all(axis=None)
    assert (table["size"].dropna() > 10_000).all()
    assert table.index[table["size"].isna()].tolist() == [
        "osse_2020a/dc_obs.tar.gz", "osse_2020a/dc_ref.tar.gz", "starter/natl_gf_w_5nadirs.nc",
    ]  # fmt: skip
    assert table["check"].value_counts().to_dict() == {"sha256": 32, "md5": 23, "none": 2}
    assert table.loc[[n for n in table.index if n.startswith("os")], "doi"].str.startswith("10.24400/527896/a01-").all()


def test_the_distributed_addresses_agree_with_their_hashes():
    """A content-addressed store has the md5 in its addresses; small samples have their file names."""
    for entry in read_registry().values():
        assert all(address.startswith("https://") for address in entry.addresses)
        for address in entry.addresses:
            if "wasabisys" in address:
                md5 = "".join(address.rsplit("/", 2)[1:])
                assert len(md5) == 32
                assert entry.check != "md5" or entry.hash == f"md5:{md5}"
            else:
                assert address.endswith("/" + entry.name.rsplit("/", 1)[1])
    assert len({entry.hash for entry in read_registry().values() if entry.hash}) == 55  # all hashes differ


def test_a_missing_registry_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "files", lambda package: tmp_path)
    assert registry_path().name == "data_registry.txt"  # that of the repository
    monkeypatch.setattr(registry, "__file__", str(tmp_path / "a" / "b" / "c" / "registry.py"))
    with pytest.raises(FileNotFoundError, match="data_registry.txt is missing from this installation. Reinstall xdvn"):
        registry_path()


def test_the_installed_registry_has_precedence(monkeypatch, tmp_path):
    (tmp_path / "data_registry.txt").touch()
    monkeypatch.setattr(registry, "files", lambda package: tmp_path)
    assert registry_path() == tmp_path / "data_registry.txt"
