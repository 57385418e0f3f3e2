from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

PORT = 8000
EVERY = 30
DATABASE = Path(__file__).resolve().parents[2] / "var" / "demo.sqlite3"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--no-serve", action="store_true", help="end after the result")
    parser.add_argument(
        "--port", type=port, default=PORT, help=f"of the pages; 0: any free one (default: {PORT})"
    )
    parser.add_argument(
        "--database",
        type=Path,
        default=DATABASE,
        metavar="FILE",
        help="made where absent, else continued (default: var/demo.sqlite3)",
    )
    parser.add_argument(
        "--every",
        type=int,
        default=EVERY,
        metavar="SECONDS",
        help="while the pages are served, something happens at the stand-in this often; "
        f"0: nothing (default: {EVERY})",
    )


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)
