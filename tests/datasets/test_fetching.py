"""Files come by name, checked; whatever goes wrong on the way leaves nothing behind and is told with advice."""

import hashlib
import re

import pooch
import pytest

from xdvn.datasets import available, fetch


def kept(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_good_file_is_downloaded_once_and_kept(folder, server):
    assert available()["a/good.txt"].name not in kept(folder)
    path = fetch("a/good.txt")
    assert path == folder / "a" / "good.txt"
    assert path.stat().st_size == available()["a/good.txt"].size
    assert fetch("a/good.txt") == path
    assert server.asked == {"/good.txt": 1}
    assert kept(folder) == [path]


def test_a_progress_bar_is_shown_unless_unwanted(folder, capsys):
    fetch("a/good.txt")
    assert "100%" in capsys.readouterr().err
    fetch("b/md5.txt", progress=False)
    assert "%" not in capsys.readouterr().err


def test_a_wrong_hash_is_refused_deleted_and_told(folder):
    with pytest.raises(
        ValueError,
        match=r"(?s)a/bad.txt came, but not as registered \(sha256:.*bad.txt: wrong content, deleted.*\(elsewhere\)",
    ):
        fetch("a/bad.txt")
    assert kept(folder) == []


def test_md5_entries_are_checked_too(folder, server, monkeypatch):
    assert fetch("b/md5.txt").is_file()
    entry = available()["b/md5.txt"]
    assert entry.check == "md5"
    (folder / entry.name).write_bytes(b"damaged")
    assert fetch("b/md5.txt").stat().st_size > 100
    assert server.asked == {"/md5.txt": 2}


@pytest.mark.parametrize(("name", "error"), [("a/cut.txt", ConnectionError), ("a/unmeasured.txt", ValueError)])
def test_an_interrupted_transfer_leaves_nothing(folder, name, error):
    with pytest.raises(error, match="the transfer broke off|wrong content, deleted"):
        fetch(name)
    assert kept(folder) == []


def test_a_keyboard_interrupt_leaves_nothing(folder, monkeypatch):
    def interrupted(self, url, output_file, store):
        with open(output_file, "wb") as file:
            file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch("a/good.txt")
    assert kept(folder) == []


def test_a_missing_file_is_told_with_the_servers_answer(folder):
    with pytest.raises(ConnectionError, match="absent.txt: the server answers 404 Not Found"):
        fetch("a/absent.txt")


def test_a_silent_server_is_given_up(folder, monkeypatch):
    def silent(*args, **kwargs):
        import requests

        raise requests.Timeout

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", silent)
    with pytest.raises(ConnectionError, match="no answer within 30 s"):
        fetch("a/good.txt")


def test_without_a_network_the_message_tells_what_to_do(folder):
    message = r"could not download a/offline.txt: .*offline.txt: no connection.*save it as {}, or set XDVN_DATA_DIR"
    with pytest.raises(ConnectionError, match=message.format(re.escape(str(folder / "a" / "offline.txt")))):
        fetch("a/offline.txt")


def test_without_a_network_a_file_put_there_by_hand_is_taken(folder, server):
    content = fetch("a/good.txt").read_bytes()
    target = folder / "a" / "offline.txt"
    target.write_bytes(content)
    assert fetch("a/offline.txt") == target
    assert server.asked == {"/good.txt": 1}


def test_without_a_network_a_damaged_file_is_not_used(folder):
    target = folder / "a" / "offline.txt"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"damaged")
    with pytest.raises(ConnectionError, match="A file is at .*, but its hash is not the registered one"):
        fetch("a/offline.txt")
    assert target.read_bytes() == b"damaged"  # yours: not deleted


def test_mirrors_are_tried_in_their_order_until_one_is_right(folder, server):
    path = fetch("b/mirrored.txt")
    assert available()["b/mirrored.txt"].hash == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(server.asked) == ["/absent.txt", "/cut.txt", "/bad.txt", "/third.txt"]  # the fourth was not needed
    assert kept(folder) == [path]


def test_all_failures_are_told_when_no_mirror_is_right(folder):
    with pytest.raises(ValueError, match="(?s)404 Not Found.*bad.txt: wrong content, deleted"):
        fetch("b/hopeless.txt")
    assert kept(folder) == []


def test_a_file_without_a_known_hash_needs_consent_and_tells_its_hash(folder, capsys):
    with pytest.raises(
        ValueError, match=r"no hash is known for b/unknown.txt.*fetch\('b/unknown.txt', unverified=True\)"
    ):
        fetch("b/unknown.txt")
    assert kept(folder) == []
    path = fetch("b/unknown.txt", unverified=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"sha256:{found}, {path.stat().st_size} bytes" in capsys.readouterr().out


def test_consent_does_not_waive_a_known_hash(folder):
    with pytest.raises(ValueError, match="not as registered"):
        fetch("a/bad.txt", unverified=True)


def test_unknown_names_get_a_suggestion(folder):
    with pytest.raises(KeyError, match=r"no data file is called 'good.txt'; did you mean 'a/good.txt'\?"):
        fetch("good.txt")
    with pytest.raises(KeyError, match=r"'zzz'; print\(xdvn.datasets.available\(\)\) lists"):
        fetch("zzz")
