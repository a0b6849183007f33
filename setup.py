"""Build hook: the packs (processes/, forms/, rules/) travel inside the wheel as data of `engine`."""

from pathlib import Path
from shutil import copytree

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
PACKS = ("processes", "forms", "rules")


class BuildWithPacks(build_py):
    """Copy the pack folders to `engine/_packs` and compile the translations of the web UI."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in PACKS:
            copytree(ROOT / name, Path(self.build_lib) / "engine" / "_packs" / name, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithPacks})
