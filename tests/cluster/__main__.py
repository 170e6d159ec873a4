"""`make test-cluster`: start a PostgreSQL server, run the shared suite and the cluster's own tests, stop the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster.server import running
from tests.conftest import ROOT, SERVER_VARIABLE

# What searching, indexing and the facade expect of a library holds for both databases.
SHARED_SUITE = (
    "tests/library/test_rows.py", "tests/library/test_embeddings.py", "tests/library/test_selection.py",
    "tests/library/test_text_index.py", "tests/library/test_retention.py", "tests/search/test_retrieval.py",
    "tests/search/test_unwanted.py",
    "tests/search/test_captioning.py", "tests/api", "tests/indexing",
)  # fmt: skip


def main() -> int:
    """Run pytest with what was given, or with everything; its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the server is stopped all the same
    wanted = sys.argv[1:] or [*SHARED_SUITE, "tests/cluster"]
    with tempfile.TemporaryDirectory(prefix="balloon-run-") as scratch, running() as server:
        told = Path(scratch) / "server.json"
        told.write_text(server.told(), encoding="utf-8")
        environment = {**os.environ, SERVER_VARIABLE: str(told)}
        return subprocess.call([sys.executable, "-m", "pytest", "-q", *wanted], cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
