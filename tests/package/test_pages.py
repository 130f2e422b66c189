#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Manual pages and completions say what the programs take: no more, no less."""
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("STOCKADE_BUILD_DIR", REPO / "build/release"))
MAN = REPO / "integration/man"
PAGES = sorted(MAN.iterdir())


def run(*argv):
    return subprocess.run([os.fspath(a) for a in argv], capture_output=True, text=True, check=True,
                          stdin=subprocess.DEVNULL).stdout


def page(name):
    """The page as a reader sees it, without the overstrikes of a terminal."""
    return re.sub(".\b", "", run("mandoc", "-T", "utf8", MAN / name))


class ManualPages(unittest.TestCase):
    def test_pages_are_well_formed(self):
        for path in PAGES:
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_references_lead_to_pages(self):
        names = {path.name for path in PAGES}
        for path in PAGES:
            for name, section in re.findall(r"^\.Xr (\S+) (\d)", path.read_text(), re.M):
                self.assertIn(f"{name}.{section}", names, path.name)

    def test_class_page_names_every_key_of_the_schema(self):
        text = page("stockade-class.5")
        schema = json.loads((REPO / "config/schema/class.schema.json").read_text(encoding="utf-8"))
        for key in schema["properties"]:
            if key not in ("$schema", "comment", "denialEvents"):
                self.assertRegex(text, rf"\b{key}\b")

    def test_config_page_names_every_key_of_the_schema(self):
        text = page("stockade-config.5")
        schema = json.loads((REPO / "config/schema/node.schema.json").read_text(encoding="utf-8"))
        for key in schema["properties"]:
            self.assertIn(key, text)

    def test_runtime_options(self):
        text = page("stockade.8")
        for option in re.findall(r"--[a-z-]+", run(BUILD / "bin/stockade", "--help")):
            self.assertIn(option.replace("-", "\N{HYPHEN}").replace("\N{HYPHEN}", "-"),
                          text.replace("\N{HYPHEN}", "-"))


class Stockadectl(unittest.TestCase):
    """The page and both completions against --help."""

    @classmethod
    def setUpClass(cls):
        ctl = BUILD / "bin/stockadectl"
        commands = run(ctl, "--help").split("commands:\n")[1].split("\n\n")[0]
        cls.commands = [re.sub("( [A-Z]+)+$", "", line[2:26].strip()) for line in commands.splitlines()]
        cls.options = {}
        for command in cls.commands:
            cls.options[command] = set(re.findall(r"--[a-z-]+", run(ctl, *command.split(), "--help")))

    def test_there_are_commands(self):
        self.assertGreaterEqual(set(self.commands),
                                {"check", "classes list", "classes show", "explain", "inspect"})

    def test_page(self):
        text = page("stockadectl.8").replace("\N{HYPHEN}", "-")
        for command, options in self.options.items():
            self.assertIn(f"stockadectl {command}", text)
            for option in options:
                self.assertIn(option, text)

    def test_bash_completion(self):
        script = REPO / "integration/completions/stockadectl.bash"

        def complete(*words):
            quoted = " ".join(f"'{w}'" for w in words)
            return set(run("bash", "-c", f". {script}; COMP_WORDS=(stockadectl {quoted}); "
                           f"COMP_CWORD={len(words)}; PATH={BUILD}/bin:$PATH; _stockadectl; "
                           'printf "%s\\n" "${COMPREPLY[@]}"').split())

        first = complete("")
        for command, options in self.options.items():
            words = command.split()
            self.assertIn(words[0], first)
            if len(words) == 2:
                self.assertIn(words[1], complete(words[0], ""))
            self.assertEqual(complete(*words, "--"), options)
        classes = {f.stem for f in (REPO / "config/classes").glob("*.json")}
        self.assertGreaterEqual(complete("explain", "--class", ""), classes)
        self.assertEqual(complete("explain", "--class", "restr"), {"restricted"})

    def test_zsh_completion(self):
        text = (REPO / "integration/completions/_stockadectl").read_text(encoding="utf-8")
        for command, options in self.options.items():
            self.assertIn(command.split()[0], text)
            for option in options:
                self.assertIn(option, text)


if __name__ == "__main__":
    unittest.main()
