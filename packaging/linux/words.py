"""What the command line understands, for the shell and the manual: `words.py FOLDER` writes the four files there.

`balloon.1` and `balloon.fish` are made here from the parser; bash and zsh are shtab's work. They are made anew for each
package, so that no command can be missing.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
COMMON_GROUP = "options of every command"


@dataclass(frozen=True)
class Command:
    """One command by its words ("caption", "add"), with its own arguments and those that all have."""

    words: tuple[str, ...]
    summary: str
    own: tuple[argparse.Action, ...]
    common: tuple[argparse.Action, ...]


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = (), summary: str = "") -> Iterator[Command]:
    """All commands, the groups before what they hold."""
    groups = {group.title: group for group in parser._action_groups}
    common = tuple(groups[COMMON_GROUP]._group_actions) if COMMON_GROUP in groups else ()
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    own = tuple(action for action in parser._actions if action not in (*common, *inner) and action.dest != "help")
    if words:
        yield Command(words, summary, own, common)
    for action in inner:
        helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, below in action.choices.items():
            yield from commands(below, (*words, name), helps[name])


def roff(text: str) -> str:
    """Text as the manual's language wants it."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("%%", "%")


def _signature(action: argparse.Action) -> str:
    value = action.metavar or "|".join(action.choices or ()) or ""
    shown = f"\\fI{roff(str(value))}\\fR" if value and action.nargs != 0 else ""
    if not action.option_strings:
        several = {"+": " ...", "*": " ..."}.get(str(action.nargs), "")
        return f"[{shown}{several}]" if action.nargs in ("*", "?") else f"{shown}{several}"
    names = ", ".join(f"\\fB{roff(name)}\\fR" for name in action.option_strings)
    return f"{names} {shown}".strip()


def _options(actions: tuple[argparse.Action, ...]) -> Iterator[str]:
    for action in actions:
        if action.option_strings or action.help:
            yield f".TP\n{_signature(action)}\n{roff(action.help or '')}".rstrip()


def man_page(parser: argparse.ArgumentParser, template: str, version: str, day: str) -> str:
    """The manual page; ``day`` is ISO."""
    every = list(commands(parser))
    parts = []
    for command in every:
        if not command.common:  # a group: its commands follow
            continue
        arguments = " ".join(_signature(action) for action in command.own if not action.option_strings)
        parts.append(f".SS \\fBballoon {' '.join(command.words)}\\fR {arguments}".rstrip())
        sentence = command.summary[:1].upper() + command.summary[1:]
        parts.append(roff(sentence if sentence.endswith("?") else f"{sentence}."))
        parts += _options(command.own)
    shared = "\n".join(_options(next(command.common for command in every if command.common)))
    page = template.replace("@COMMANDS@", "\n".join(parts)).replace("@COMMON@", shared)
    return page.replace("@VERSION@", version).replace("@DATE@", day)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("%%", "%") + "'"


def _takes_path(action: argparse.Action) -> bool:
    return action.type is Path


def _fish_option(action: argparse.Action) -> str:
    names = " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in reversed(action.option_strings)
    )
    value = "" if action.nargs == 0 else (" -r -F" if _takes_path(action) else " -x")
    if action.choices:
        value += f" -a {_quoted(' '.join(map(str, action.choices)))}"
    return f"{names}{value} -d {_quoted(action.help or '')}"


def _fish_condition(words: tuple[str, ...]) -> str:
    return _quoted(" && ".join(["__fish_seen_subcommand_from " + word for word in words]))


def fish(parser: argparse.ArgumentParser) -> str:
    """Completions for fish: commands where none was typed, then the options of the one that was."""
    lines = ["# Completions of balloon; made by packaging/linux/words.py", "complete -c balloon -f"]
    lines.append("complete -c balloon -n __fish_use_subcommand -l version -d 'show the version and exit'")
    every = list(commands(parser))
    for command in every:
        *above, name = command.words
        siblings = " ".join(other.words[-1] for other in every if other.words[:-1] == command.words[:-1])
        where = f"__fish_seen_subcommand_from {' '.join(above)} && not __fish_seen_subcommand_from {siblings}"
        condition = _quoted(where) if above else "__fish_use_subcommand"
        lines.append(f"complete -c balloon -n {condition} -a {name} -d {_quoted(command.summary)}")
        here = _fish_condition(command.words)
        for action in (*command.own, *command.common):
            if action.option_strings:
                lines.append(f"complete -c balloon -n {here} {_fish_option(action)}")
            elif _takes_path(action):
                lines.append(f"complete -c balloon -n {here} -F")
    return "\n".join(lines) + "\n"


def shtab_completions(parser: argparse.ArgumentParser, shell: str) -> str:
    """Completions for bash or zsh; paths are completed where the parser wants paths."""
    shtab = importlib.import_module("shtab")  # a tool of packaging, not in a developer's environment

    for command in commands(parser):
        for action in (*command.own, *command.common):
            if _takes_path(action):
                folder = "FOLDER" in str(action.metavar)
                action.complete = shtab.DIRECTORY if folder else shtab.FILE  # type: ignore[attr-defined]  # shtab's way
    return str(shtab.complete(parser, shell))


def main(folder: Path) -> int:
    """Write all four into the folder."""
    from engine.cli.parser import build_parser
    from engine.version import build, version

    folder.mkdir(parents=True, exist_ok=True)
    day = build().date or f"{datetime.now(tz=UTC):%Y-%m-%d}"
    template = (HERE / "balloon.1.in").read_text(encoding="utf-8")
    made = {
        "balloon.1": man_page(build_parser(), template, version(), day),
        "balloon.fish": fish(build_parser()),
        "balloon.bash": shtab_completions(build_parser(), "bash"),
        "_balloon": shtab_completions(build_parser(), "zsh"),
    }
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
