"""`balloon doctor`: what this computer can really do, one line each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.cli.main import EXIT_DONE, EXIT_NOTHING
from engine.config import ACCELERATOR_VARIABLE, DEFAULT_MODEL, library_paths, model_dirs
from engine.diagnosis import Finding, diagnose
from engine.errors import KnownError
from engine.library import opening
from engine.models.accelerators import provider_called
from engine.models.catalog import find_package
from engine.models.encoder import Encoder
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    import argparse

    from engine.cli.output import Output
    from engine.config import LibraryPaths


def doctor(options: argparse.Namespace, output: Output) -> int:
    """Run ``balloon doctor``."""
    paths = library_paths(options.library)
    findings: list[Finding] = []
    for finding in (*diagnose(paths, lambda: _encoder(paths, options.model)), _library(paths)):
        findings.append(finding)
        if not output.as_json:
            output.line(f"{'ok ' if finding.fine else '!! '} {finding.name:<12} {finding.text}")
    if output.as_json:
        output.document({"findings": findings})
    return EXIT_DONE if all(finding.fine for finding in findings) else EXIT_NOTHING


def _encoder(paths: LibraryPaths, model: str | None) -> Encoder:
    """The model in use, on the accelerator asked for; without a library those that it would begin with."""
    try:
        with Engine.open_reader(paths, model) as engine:
            return engine.encoder
    except KnownError as error:
        if error.kind in {ErrorKind.MODEL_MISSING, ErrorKind.MODEL_DAMAGED, ErrorKind.USAGE}:
            raise
    wanted = provider_called(os.environ.get(ACCELERATOR_VARIABLE, ""))
    return Encoder.open(find_package(model or DEFAULT_MODEL, model_dirs()), wanted=wanted)


def _library(paths: LibraryPaths) -> Finding:
    try:
        database = opening.open_reader(paths)
    except KnownError as error:
        return Finding("health", str(error), fine=error.kind is ErrorKind.NOT_FOUND)
    try:
        unsound = [finding.name for finding in database.check(repair=False) if not finding.sound]
    finally:
        database.close()
    return Finding("health", f"damaged: {', '.join(unsound)}" if unsound else "the library is sound", fine=not unsound)
