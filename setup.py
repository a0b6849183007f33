"""Build hook: the packs (processes/, forms/, rules/) travel inside the wheel as data of `engine`."""

from pathlib import Path
from shutil import copytree

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
PACKS = ("processes", "forms", "rules")


class BuildWithPacks(build_py):
    """Copy the pack folders to `engine/_packs` and compile the translations of the web UI."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return  # the app compiles what is missing when it starts
        self.compile_translations()
        for name in PACKS:
            copytree(ROOT / name, Path(self.build_lib) / "engine" / "_packs" / name, dirs_exist_ok=True)

    def compile_translations(self) -> None:
        """Machine-readable catalogues (.mo) of all languages."""
        for catalogue in (ROOT / "webui" / "translations").rglob("*.po"):
            target = (Path(self.build_lib) / catalogue.relative_to(ROOT)).with_suffix(".mo")
            target.parent.mkdir(parents=True, exist_ok=True)
            with catalogue.open("rb") as source, target.open("wb") as compiled:
                write_mo(compiled, read_po(source))


setup(cmdclass={"build_py": BuildWithPacks})
