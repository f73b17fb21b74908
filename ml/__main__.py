"""``python -m ml``: everything the library does, without a database or a web server.

Only the parser stands here, so that ``--help`` is quick; each command's work is in :mod:`ml.cli`.
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from ml.errors import LineageError
from ml.quality.classes import CLASSES

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status of the command line."""
    asked = parser().parse_args(arguments)
    try:
        return int(import_module(f"ml.cli.{asked.command}").run(asked))
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has gone; say nothing at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except LineageError as error:
        from ml.words import error_sentence

        print(error_sentence(error), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'lineage'}: {error.strerror or error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="python -m ml", description="Find out what a track has been through.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _verify(commands.add_parser("verify", help="say what files or folders of files have been through"))
    _render(commands.add_parser("render", help="draw a spectrogram as the server does"))
    _encode(commands.add_parser("encode", help="write labelled encodes of lossless masters"))
    _train(commands.add_parser("train", help="train a model from lossless masters"))
    _evaluate(commands.add_parser("evaluate", help="measure a model, split by supergroup"))
    return top


def _verify(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Exit status: 0 all as claimed (or undecided), 1 some are not, 2 some could not be read."
    )
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file, or folder to walk")
    command.add_argument("--tasks", type=_tasks, default=("quality",), metavar="quality,genre")
    command.add_argument("--json", action="store_true", help="one object a line instead of the table")
    command.add_argument("--csv", type=Path, metavar="FILE", help="write a row for each file as well")
    command.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")


def _render(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, metavar="PNG")
    command.add_argument(
        "--channel", choices=("L", "R", "M", "S"), default="L", help="left, right, mid or side"
    )
    command.add_argument("--palette", choices=("spek", "viridis", "grey"), default="spek")


def _encode(command: argparse.ArgumentParser) -> None:
    command.description = "Encodes that are there already are kept, so a stopped run goes on where it was."
    command.add_argument("masters", nargs="*", type=Path, help="lossless files; default: all of LINEAGE_DATA")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    lossy = tuple(label for label in CLASSES if label != "lossless")
    command.add_argument("--labels", type=_labels, default=lossy, metavar="mp3-128,aac-256,...")
    command.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")


def _train(command: argparse.ArgumentParser) -> None:
    _suite(command)
    command.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="measurements made before (ml/shipped/SUITE/table.npz): no audio",
    )
    command.add_argument("--per-class", type=_positive, default=150, metavar="N", help="of each lossy class")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")
    command.add_argument(
        "-o", "--output", type=Path, metavar="FOLDER", help="default: the shipped model's place"
    )


def _evaluate(command: argparse.ArgumentParser) -> None:
    _suite(command)
    command.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")
    command.add_argument("--seed", type=int, default=1, help="of the split")
    command.add_argument("--table", type=Path, metavar="FILE", help="measurements; default: the shipped ones")
    command.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="TOOL",
        help='encoder that training does not see, or "each" in turn; may be repeated',
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write all figures as well")
    command.add_argument("--plot", type=Path, metavar="PNG", help="draw them as well")


def _suite(command: argparse.ArgumentParser) -> None:
    command.add_argument("--suite", choices=("quality", "genre"), default="quality", help="which model")


def _tasks(text: str) -> tuple[str, ...]:
    return _names(text, known=("quality", "genre"))


def _labels(text: str) -> tuple[str, ...]:
    return _names(text, known=tuple(label for label in CLASSES if label != "lossless"))


def _names(text: str, *, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number of at least 1, please")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
