"""`python -m vinspect.models.train locate|read|judge|compare`: train a network, or go on where its last run stopped."""

from __future__ import annotations

import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.train", description=__doc__)
    parser.add_argument("network", choices=["locate", "read", "judge", "compare"])
    parser.add_argument("--hours", type=float, default=8.0, help="length of the whole run, earlier parts included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", type=Path, help="folder of checkpoints and curve (default runs/NETWORK)")
    parser.add_argument(
        "--photos",
        type=Path,
        default=ROOT.parent / "shared/data/vin-photos",
        help="real photographs, see docs/data.md; without them only rendered ones are used",
    )
    parser.add_argument(
        "--published", action="store_true", help="a new run of reader or judge goes on from the published weights"
    )
    parser.add_argument("--eyes", type=Path, default=ROOT / "runs/read", help="the reader's run, for the judge")
    parser.add_argument(
        "--corpus", type=Path, help="shards of the judge's (runs/judge/corpus), for the reader to read, too"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that render")
    args = parser.parse_args()
    run = args.run or ROOT / "runs" / args.network
    if args.network == "read":
        from vinspect.models import train_read

        transcriptions = ROOT / "datasets/transcriptions/vin-photos-train.csv"
        train_read.train(
            run,
            args.hours,
            args.seed,
            args.photos,
            transcriptions,
            args.threads,
            args.workers,
            args.published,
            args.corpus,
        )
    elif args.network == "judge":
        from vinspect.models import train_judge

        train_judge.train(run, args.hours, args.seed, args.eyes, args.threads, args.published)
    elif args.network == "compare":
        from vinspect.models import train_compare

        train_compare.train(run, args.hours, args.seed, args.threads)
    else:
        from vinspect.models import train_locate

        train_locate.train(run, args.hours, args.seed, args.photos)


if __name__ == "__main__":
    main()
