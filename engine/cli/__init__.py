"""The `balloon` command: one function per subcommand, all driving ``engine.api.Engine`` in this process.

``parser`` knows the words, ``output`` how to say things (text for people, one JSON document with ``--json``), and the
other modules hold the commands by theme. Heavy imports happen inside the commands, so that ``search`` starts quickly.
"""

from engine.cli.main import main

__all__ = ["main"]
