"""`python -m samples.stand_ins`: the stand-ins by themselves, until Ctrl-C."""

from __future__ import annotations

import argparse
import threading

from samples.stand_ins.run import DEFAULT_PORTS, Ports, run_stand_ins


def main() -> None:
    """Serves until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, port in vars(DEFAULT_PORTS).items():
        parser.add_argument(f"--{name}", type=int, default=port, help=f"port of the stand-in for {name}")
    with run_stand_ins(Ports(**vars(parser.parse_args()))) as addresses:
        for name, url in addresses.items():
            print(f"{name:12} {url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Stopped.")


if __name__ == "__main__":
    main()
