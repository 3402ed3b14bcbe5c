"""Downloads are checked; after a failure no file remains, and the error names the cause and a cure."""

import hashlib
import re

import pooch
import pytest

from xdvn.datasets import fetch, list_files


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_good_file_is_downloaded_once_and_stored(folder, server):
    assert list_files()["a/good.txt"].name not in stored(folder)
    path = fetch("a/good.txt")
    assert path == folder / "a" / "good.txt"
    assert path.stat().st_size == list_files()["a/good.txt"].size
    assert fetch("a/good.txt") == path
    assert server.asked == {"/good.txt": 1}
    assert stored(folder) == [path]


def test_a_progress_bar_is_shown_unless_unwanted(folder, capsys):
    fetch("a/good.txt")
    assert "100%" in capsys.readouterr().err
    fetch("b/md5.txt", progress=False)
    assert "%" not in capsys.readouterr().err


def test_a_file_with_a_wrong_hash_is_deleted_and_reported(folder):
    with pytest.raises(
        ValueError,
        match=r"(?s)a/bad.txt: the download does not have the registered hash \(sha256:.*bad.txt: wrong content, "
        r"deleted.*Try again.*\(elsewhere\)",
    ):
        fetch("a/bad.txt")
    assert stored(folder) == []


def test_md5_entries_are_checked_too(folder, server, monkeypatch):
    assert fetch("b/md5.txt").is_file()
    entry = list_files()["b/md5.txt"]
    assert entry.check == "md5"
    (folder / entry.name).write_bytes(b"damaged")
    assert fetch("b/md5.txt").stat().st_size > 100
    assert server.asked == {"/md5.txt": 2}


@pytest.mark.parametrize(("name", "error"), [("a/cut.txt", ConnectionError), ("a/unmeasured.txt", ValueError)])
def test_an_interrupted_transfer_leaves_nothing(folder, name, error):
    with pytest.raises(error, match="the transfer was interrupted|wrong content, deleted"):
        fetch(name)
    assert stored(folder) == []


def test_a_keyboard_interrupt_leaves_nothing(folder, monkeypatch):
    def interrupted(self, url, output_file, store):
        with open(output_file, "wb") as file:
            file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("a/good.txt")
    assert stored(folder) == []


def test_a_missing_file_is_reported_with_the_response_of_the_server(folder):
    with pytest.raises(ConnectionError, match="absent.txt: the server returned 404 Not Found"):
        fetch("a/absent.txt")


def test_a_silent_server_times_out(folder, monkeypatch):
    def silent(*args, **kwargs):
        import requests

        raise requests.Timeout

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", silent)
    with pytest.raises(ConnectionError, match="no response within 30 s"):
        fetch("a/good.txt")


def test_without_a_network_the_message_contains_a_cure(folder):
    message = r"could not download a/offline.txt: .*offline.txt: no connection.*Save a copy as {}, or set XDVN_DATA_DIR"
    with pytest.raises(ConnectionError, match=message.format(re.escape(str(folder / "a" / "offline.txt")))):
        fetch("a/offline.txt")


def test_without_a_network_a_file_stored_by_hand_is_used(folder, server):
    content = fetch("a/good.txt").read_bytes()
    target = folder / "a" / "offline.txt"
    target.write_bytes(content)
    assert fetch("a/offline.txt") == target
    assert server.asked == {"/good.txt": 1}


def test_without_a_network_a_damaged_file_is_not_used(folder):
    target = folder / "a" / "offline.txt"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"damaged")
    with pytest.raises(
        ConnectionError, match="The file at .* does not have the registered hash and is not used. Save a copy as"
    ):
        fetch("a/offline.txt")
    assert target.read_bytes() == b"damaged"  # a file of the user is not deleted


def test_mirrors_are_tried_in_order_until_the_hash_is_right(folder, server):
    path = fetch("b/mirrored.txt")
    assert list_files()["b/mirrored.txt"].hash == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(server.asked) == ["/absent.txt", "/cut.txt", "/bad.txt", "/third.txt"]  # the fourth was not needed
    assert stored(folder) == [path]


def test_all_failures_are_reported_when_no_mirror_is_right(folder):
    with pytest.raises(ValueError, match="(?s)404 Not Found.*bad.txt: wrong content, deleted"):
        fetch("b/hopeless.txt")
    assert stored(folder) == []


def test_a_file_without_a_registered_hash_needs_consent_and_its_hash_is_printed(folder, capsys):
    with pytest.raises(
        ValueError, match=r"b/unknown.txt has no registered hash.*fetch\('b/unknown.txt', allow_unverified=True\)"
    ):
        fetch("b/unknown.txt")
    assert stored(folder) == []
    path = fetch("b/unknown.txt", allow_unverified=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"sha256:{found}, {path.stat().st_size} bytes" in capsys.readouterr().out


def test_consent_does_not_waive_a_registered_hash(folder):
    with pytest.raises(ValueError, match="does not have the registered hash .*Try again"):
        fetch("a/bad.txt", allow_unverified=True)


def test_unknown_names_get_a_suggestion(folder):
    with pytest.raises(KeyError, match=r"there is no data file 'good.txt'. Did you mean 'a/good.txt'\? List"):
        fetch("good.txt")
    with pytest.raises(KeyError, match=r"'zzz'. List all names with print\(xdvn.datasets.list_files\(\)\)"):
        fetch("zzz")
