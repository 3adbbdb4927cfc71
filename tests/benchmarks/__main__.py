"""`make bench` measures the shop and prints ratios: ours against the same work done by hand, in the same run.

Every case runs in short rounds, in turn with what it is compared with, so that a busy machine slows both. SQLite is
always measured; PostgreSQL where its programs are installed or BENCH_DATABASE_URL names a server. Fails where a floor
is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from tests.benchmarks import databases

CHAPTERS = ("orders",)
DATABASES = {"sqlite": databases.sqlite, "postgresql": databases.postgresql}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds: rougher figures in a minute and a half")
    parser.add_argument("--database", choices=DATABASES, help="only on this one")
    options = parser.parse_args()
    failed = 0
    for name in [options.database] if options.database else DATABASES:
        with DATABASES[name]() as url:
            if url:
                failed |= sum(_measure(chapter, url, quick=options.quick) for chapter in CHAPTERS)
    return 1 if failed else 0


def _measure(chapter: str, url: str, *, quick: bool) -> int:
    """Run one chapter in a process of its own, which has its own settings."""
    with tempfile.TemporaryDirectory(prefix="shop-bench-data-") as folder:
        environment = {**os.environ, "DATABASE_URL": url, "DATA_DIR": folder}
        # Its data folder is new: that nothing lies there to be served is no news.
        python = [sys.executable, "-W", "ignore:No directory at"]
        command = [*python, "-m", f"tests.benchmarks.{chapter}", *(["--quick"] if quick else [])]
        return subprocess.run(command, env=environment, cwd=databases.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
