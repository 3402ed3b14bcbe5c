"""A loopback server with correct, wrong, truncated and missing files, and a registry of them."""

import hashlib
import http.server
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from xdvn.datasets import catalogue, fetching, registry

CONTENT = b"along-track sea level observations " * 1000
CLOSED = "http://127.0.0.1:9"  # a closed port, as on a machine without a network


class _Server(http.server.ThreadingHTTPServer):
    """Counts the requests for each path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        if self.path == "/absent.txt":
            self.send_error(404)
            return
        body = CONTENT.replace(b"sea", b"SEA") if self.path == "/bad.txt" else CONTENT
        self.send_response(200)
        if self.path != "/unmeasured.txt":  # without a length, only the hash detects the truncation
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path in ("/cut.txt", "/unmeasured.txt") else body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def folder(server: _Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the empty data folder, with a registry of files on the loopback server."""
    sha256, md5 = (hashlib.new(kind, CONTENT).hexdigest() for kind in ("sha256", "md5"))
    url = server.address
    path = tmp_path / "data_registry.txt"
    path.write_text(
        f"# heading of the file\n\n# about: a good file\n# size: {len(CONTENT)}\n# licence: CC0\n# doi: 10.1/2\n"
        f"# source: a page\na/good.txt sha256:{sha256} {url}/good.txt\n\n"
        f"# about: the rest\n# licence: none\n# source: elsewhere\n"
        f"a/bad.txt sha256:{sha256} {url}/bad.txt\n"
        f"a/cut.txt sha256:{sha256} {url}/cut.txt\n"
        f"a/unmeasured.txt sha256:{sha256} {url}/unmeasured.txt\n"
        f"a/absent.txt sha256:{sha256} {url}/absent.txt\n"
        f"a/offline.txt sha256:{sha256} {CLOSED}/offline.txt\n"
        f"b/md5.txt md5:{md5} {url}/md5.txt\n"
        f"b/unknown.txt unknown {url}/unknown.txt\n"
        f"# mirror: {url}/absent.txt\n# mirror: {url}/cut.txt\n# mirror: {url}/bad.txt\n# mirror: {url}/third.txt\n"
        f"# mirror: {url}/fourth.txt\nb/mirrored.txt sha256:{sha256} {CLOSED}/mirrored.txt\n"
        f"# mirror: {url}/bad.txt\nb/hopeless.txt sha256:{sha256} {url}/absent.txt\n"
    )
    for module in (fetching, catalogue):
        monkeypatch.setattr(module, "read_registry", lambda: registry.read_registry(path))
    monkeypatch.setenv("XDVN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"
