"""Fetches the encoders that the training corpus is widened with: python3 scripts/encoders.py

Three FFmpeg programs out of imageio-ffmpeg's wheels (Linux on x86-64 only) into .cache/encoders, and Debian's
packages by apt. Neither the product nor its tests need any of them. Standard library only.
"""

import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import apt
from process import ROOT, call

FOLDER = Path(os.environ.get("LINEAGE_ENCODERS") or ROOT / ".cache" / "encoders")

WHEELS = {
    "ffmpeg-4.2": ("0.4.9", "2996c64af3e5489227096580269317719ea1a8121d207f2e28d6c24ebc4a253e"),
    "ffmpeg-7.0": ("0.6.0", "c7e46fcec401dd990405049d2e2f475e2b397779df2519b544b8aab515195282"),
    "ffmpeg-9.0": ("0.8.1", "050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda"),
}
"""Program -> imageio-ffmpeg's version and its wheel's SHA-256."""

PACKAGES = {
    "lame": ("lame",),
    "ffmpeg": ("ffmpeg",),
    "oggenc": ("vorbis-tools",),
    "opusenc": ("opus-tools",),
    "twolame": ("twolame",),
    "gst-launch-1.0": (
        "gstreamer1.0-tools",
        "gstreamer1.0-plugins-base",
        "gstreamer1.0-plugins-good",
        "gstreamer1.0-plugins-bad",
    ),
}
"""Program -> Debian's packages. FFmpeg must be 5.1 (Debian 12): the corpus names it by its version."""


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = [_fetch(program, *WHEELS[program]) for program in WHEELS]
    return 0 if all([*results, _install()]) else 1


def _fetch(program: str, version: str, sha256: str) -> bool:
    """The one program of a wheel; False, with words, where it could not be had."""
    target = FOLDER / program
    if target.is_file():
        return True
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        wanted = folder / "wanted.txt"
        wanted.write_text(f"imageio-ffmpeg=={version} --hash=sha256:{sha256}\n")
        flags = ("--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", folder)
        if call(*_pip(), "download", *flags, "-r", wanted) != 0:
            print(f"{program} could not be fetched: imageio-ffmpeg {version}, see above.", flush=True)
            return False
        _unpack(next(folder.glob("*.whl")), folder / program)
        (folder / program).replace(target)
    print(f"{program} is in {FOLDER}", flush=True)
    return True


def _pip() -> tuple[str, ...]:
    """This Python's pip, or the one that is on the path."""
    own = (sys.executable, "-m", "pip")
    return own if call(*own, "--version", quiet=True) == 0 else ("pip",)


def _unpack(wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [member] = [name for name in archive.namelist() if "/binaries/ffmpeg-linux" in name]
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    target.chmod(0o755)


def _install() -> bool:
    missing = [
        package for program, packages in PACKAGES.items() if not shutil.which(program) for package in packages
    ]
    if not missing or apt.install(*missing):
        return True
    print(f"MISSING: on Debian 12, as root: apt-get install --no-install-recommends {' '.join(missing)}")
    return False


if __name__ == "__main__":
    sys.exit(main())
