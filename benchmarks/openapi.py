"""Whether the service does as its OpenAPI says: schemathesis, all its checks, over every call.

Starts `vinspect serve` on a store of its own and has schemathesis send it what the schema allows and what it does not,
one call after the other. `openapi.toml` says what is expected where a schema cannot say it. Needs the extra `dev`.

    python benchmarks/openapi.py                            # 10,000 examples
    python benchmarks/openapi.py --examples 1500 --seed 3
"""

from __future__ import annotations

import argparse
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVE: dict[str, Any] = runpy.run_path(str(HERE / "serve.py"), run_name="serve")
# Whoever listens to events is sent away at once; else each example of that call would take five minutes.
PROGRAM = """
from vinspect.api.cli import main
from vinspect.api.service import events

events.LONGEST = events.EVERY = 0.1
main()
"""
PHASES = "examples,coverage,fuzzing,stateful"


def gone_over(service: Any, examples: int, seed: int, phases: str = PHASES) -> subprocess.CompletedProcess[str]:
    """Have schemathesis go over a service that runs; examples: of random ones, over all calls, at least."""
    with service.client() as client:
        calls = sum(map(len, client.get("/openapi.json").json()["paths"].values()))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "openapi.toml")]
    command += ["run", f"{service.address}/openapi.json", "--continue-on-failure", "--no-shrink"]
    command += ["--phases", phases, "--seed", str(seed), "--max-examples", str(-(-examples // calls))]
    command += ["--suppress-health-check", "all"]
    given = {"OPENAPI_KEY": service.key, "OPENAPI_HOOKS": str(HERE / "openapi_hooks.py")}
    return subprocess.run(
        command,
        env=os.environ | given,
        cwd=service.data.parent,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--examples", type=int, default=10_000, help="at least, over all calls")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = SERVE["Service"](Path(folder, "data"), program=[sys.executable, "-c", PROGRAM, "serve"])
        with service.running():
            done = gone_over(service, given.examples, given.seed)
    print(done.stdout)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
