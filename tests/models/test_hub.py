"""Models from the hub, or a mirror: over a loopback server that speaks the hub's layout."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from engine.errors import KnownError
from engine.models.hub import UNREACHABLE, Hub, HubModel, endpoint_from, is_hub_name
from engine.models.hub_files import choose_files
from engine.protocol import ErrorKind
from tests.models.hub_server import COMMIT, HubServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKPOINT = ["config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A model of ready-made graphs, as far as the hub is concerned."""
    folder = tmp_path / "served"
    for name, size in (
        ("visual/model.onnx", 300_000), ("visual/preprocess_cfg.json", 40), ("visual/rknpu/rk3588/model.rknn", 9000),
        ("visual/model.armnn", 9000),
        ("textual/model.onnx", 5000), ("textual/2202c01a-47f5", 7000), ("textual/tokenizer.json", 3000),
        ("config.json", 20), ("README.md", 100), ("pytorch_model.bin", 4000), ("evil.py", 10),
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(number * 7 % 251 for number in range(size)))
    return folder


@pytest.fixture
def server(files: Path) -> Iterator[HubServer]:
    with HubServer(files).running() as running:
        yield running


def found(server: HubServer) -> HubModel:
    return Hub(server.address).find("owner/name", checkpoints=False)


def fetched(server: HubServer, target: Path) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    Hub(server.address).fetch(found(server), target, lambda done, total: told.append((done, total)))
    return told


def refusal(server: HubServer, target: Path) -> KnownError:
    with pytest.raises(KnownError) as raised:
        fetched(server, target)
    return raised.value


def test_only_what_an_import_needs_is_fetched(server: HubServer, files: Path, tmp_path: Path) -> None:
    model = found(server)
    assert (model.commit, model.licence) == (COMMIT, "mit")
    fetched(server, tmp_path / "here")
    names = {
        path.relative_to(tmp_path / "here").as_posix() for path in (tmp_path / "here").rglob("*") if path.is_file()
    }
    assert names == {
        "visual/model.onnx", "visual/preprocess_cfg.json", "textual/model.onnx", "textual/2202c01a-47f5",
        "textual/tokenizer.json", "config.json", "README.md",
    }  # fmt: skip
    for name in names:
        assert (tmp_path / "here" / name).read_bytes() == (files / name).read_bytes()


def test_progress_ends_at_the_whole_size(server: HubServer, tmp_path: Path) -> None:
    told = fetched(server, tmp_path / "here")
    total = found(server).byte_size
    assert told == sorted(told)
    assert told[-1] == (total, total)


def test_connection_that_breaks_is_taken_up_again(server: HubServer, files: Path, tmp_path: Path) -> None:
    server.cut_after = 100_000
    fetched(server, tmp_path / "here")
    assert (tmp_path / "here/visual/model.onnx").read_bytes() == (files / "visual/model.onnx").read_bytes()
    assert "bytes=100000-" in [wanted for _, wanted, _ in server.asked]
    assert not list((tmp_path / "here").rglob("*.part"))


def test_download_that_was_killed_goes_on_where_it_ended(server: HubServer, files: Path, tmp_path: Path) -> None:
    part = tmp_path / "here/visual/model.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes((files / "visual/model.onnx").read_bytes()[:123_456])
    fetched(server, tmp_path / "here")
    assert (tmp_path / "here/visual/model.onnx").read_bytes() == (files / "visual/model.onnx").read_bytes()
    assert "bytes=123456-" in [wanted for _, wanted, _ in server.asked]


def test_second_fetch_asks_for_no_file_again(server: HubServer, tmp_path: Path) -> None:
    fetched(server, tmp_path / "here")
    server.asked.clear()
    fetched(server, tmp_path / "here")
    assert [path for path, *_ in server.asked if "/resolve/" in path] == []


@pytest.mark.parametrize("name", ["model.onnx", "config.json"])
def test_file_that_is_not_what_the_hub_states_is_refused(name: str, server: HubServer, tmp_path: Path) -> None:
    server.altered = {name}
    error = refusal(server, tmp_path / "here")
    assert error.kind is ErrorKind.BAD_FILE
    assert "did not arrive as the hub states it" in str(error)
    assert not list((tmp_path / "here").rglob(f"{name}*"))


def test_download_can_be_called_off(server: HubServer, tmp_path: Path) -> None:
    with pytest.raises(KnownError) as raised:
        Hub(server.address).fetch(found(server), tmp_path / "here", lambda *_: None, lambda: True)
    assert raised.value.kind is ErrorKind.CANCELLED


def test_token_goes_to_the_hub_alone(server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    fetched(server, tmp_path / "here")
    for path, _, token in server.asked:
        assert token == (None if path.endswith("?kept-apart") else "Bearer secret")


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, ErrorKind.NOT_FOUND, "has no model owner/name. Check the name."),
        (401, ErrorKind.NOT_FOUND, "set HF_TOKEN"),
        (503, UNREACHABLE, "cannot be reached"),
    ],
)
def test_hub_that_refuses_gives_one_clear_sentence(
    status: int, kind: ErrorKind, words: str, server: HubServer, tmp_path: Path
) -> None:
    server.status = status
    error = refusal(server, tmp_path / "here")
    assert error.kind is kind
    assert words in str(error)
    assert "\n" not in str(error)


def test_hub_that_cannot_be_reached_gives_one_clear_sentence() -> None:
    with socket.socket() as taken:  # a port where nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(KnownError, match="set HF_ENDPOINT") as raised:
            Hub(address).find("owner/name", checkpoints=False)
    assert raised.value.kind is UNREACHABLE
    assert address in str(raised.value)


def test_setting_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert endpoint_from(None) == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert endpoint_from(None) == "https://mirror.example"
    assert endpoint_from("https://other.example") == "https://other.example"
    with pytest.raises(KnownError, match="must begin with https"):
        endpoint_from("file:///etc")


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("openai/clip-vit-base-patch32", True), ("owner/name@refs/pr/1", True), ("name", False),
        ("a/b/c", False), ("../../x", False), ("/abs/olute", False), ("owner/na me", False),
    ],
)  # fmt: skip
def test_name_on_the_hub_is_told_from_a_folder(text: str, is_name: bool) -> None:
    assert is_hub_name(text) is is_name


def test_checkpoint_is_preferred_where_it_can_be_converted() -> None:
    graphs = [
        "onnx/vision_model.onnx",
        "onnx/text_model.onnx",
        "onnx/text_model.onnx_data",
        "onnx/text_model_fp16.onnx",
    ]
    names = [*CHECKPOINT, *graphs, "pytorch_model.bin", "model.py"]
    assert choose_files(names, "o/n", checkpoints=True) == set(CHECKPOINT)
    assert choose_files(names, "o/n", checkpoints=False) == {*CHECKPOINT, *graphs[:3]} - {"model.safetensors"}


@pytest.mark.parametrize(
    ("names", "kind", "words"),
    [
        (CHECKPOINT, ErrorKind.EXTRA_MISSING, "needs the extra 'models'"),
        (["config.json", "pytorch_model.bin"], ErrorKind.BAD_FILE, "are a pickle"),
        (["config.json"], ErrorKind.BAD_FILE, "neither .safetensors nor ONNX"),
    ],
)
def test_model_without_usable_files_is_refused(names: list[str], kind: ErrorKind, words: str) -> None:
    with pytest.raises(KnownError) as raised:
        choose_files(names, "o/n", checkpoints=False)
    assert raised.value.kind is kind
    assert words in str(raised.value)


def test_listing_that_names_files_outside_is_not_followed(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = server.listing()
    listing["siblings"].append({"rfilename": "visual/../../evil.onnx", "size": 3})
    monkeypatch.setattr(server, "listing", lambda: listing)
    assert all(".." not in file.name for file in found(server).files)
