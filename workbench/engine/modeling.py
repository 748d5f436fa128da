"""Loading models and adapters: local folders, safetensors, no code from elsewhere."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from workbench.core.errors import ModelFolderError, RunError
from workbench.core.recipes import AdapterConfig
from workbench.engine.chat import FALLBACK_TEMPLATE
from workbench.engine.devices import has_bfloat16_units
from workbench.engine.model_folder import check_adapter_folder, check_model_folder

_AS_THE_DEVICE_LIKES = AdapterConfig()
SCORE = "score"  # what transformers calls the layer that reads a number from hidden states

# Standard output and error are logs: bars drawn there are noise.
transformers_logging.disable_progress_bar()
logging.getLogger("transformers").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class LoadedBase:
    """A base model on its device and its tokenizer, which always has a chat template."""

    model: Any
    tokenizer: Any
    device: torch.device
    parameters: int


def weights_dtype(device: torch.device, config: AdapterConfig) -> torch.dtype:
    """Trained weights are float32; frozen ones as wished, by default as the device is fastest."""
    if config.tuning == "full" or config.precision == "fp32":
        return torch.float32
    if config.precision == "bf16" or has_bfloat16_units(device):
        return torch.bfloat16
    return torch.float32


def load_base(
    folder: Path, device: torch.device, config: AdapterConfig = _AS_THE_DEVICE_LIKES
) -> LoadedBase:
    """Load tokenizer and frozen base weights, in 4 bits for `qlora`.

    Raises ModelFolderError for what can't be loaded, RunError where 4 bits are not to be had.
    """
    check_model_folder(folder)
    quantized = {"quantization_config": _four_bits(device)} if config.tuning == "qlora" else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True,
            dtype=weights_dtype(device, config), **quantized,
        )  # fmt: skip
    except SafetensorError as error:
        raise ModelFolderError(
            f"The weights in {folder} are damaged or not complete: download the model again."
        ) from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelFolderError(f"The model in {folder} can't be loaded: {reason}") from error
    if tokenizer.chat_template is None:
        tokenizer.chat_template = FALLBACK_TEMPLATE
    model.requires_grad_(False)
    model.eval()
    if config.tuning != "qlora":
        model.to(device)
    return LoadedBase(model, tokenizer, device, count_parameters(model))


def count_parameters(model: torch.nn.Module, *, trainable_only: bool = False) -> int:
    """Number of parameters; tied weights count once."""
    return sum(
        parameter.numel()
        for parameter in model.parameters()
        if parameter.requires_grad or not trainable_only
    )


def _four_bits(device: torch.device) -> BitsAndBytesConfig:
    """NF4 with double quantisation (QLoRA, Dettmers et al., arXiv 2305.14314)."""
    if device.type != "cuda" or find_spec("bitsandbytes") is None:
        raise RunError(
            "qlora needs an NVIDIA GPU and the package bitsandbytes, and "
            + ("the package is not installed" if device.type == "cuda" else "no such GPU is here")
            + ": choose lora under What is trained."
        )
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )  # fmt: skip


@contextmanager
def peft_at_work() -> Iterator[None]:
    """Hide that peft 0.21 asks transformers by an old name whether activations are checkpointed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
        yield


def trainable(base: LoadedBase, config: AdapterConfig, *, scores: bool = False) -> Any:
    """The model with what `config` trains of it: a new adapter, or all of its weights.

    With `scores` it also gets a head that reads a score, which is trained in any case.
    """
    if scores:
        _add_score_head(base.model)
    if config.tuning != "full":
        return attach_adapter(base, config, scores=scores)
    base.model.requires_grad_(True)
    if scores and not base.model.config.tie_word_embeddings:
        base.model.get_output_embeddings().requires_grad_(False)
    return base.model


def _add_score_head(model: Any) -> None:
    """Give the model a child `score`, as transformers' models for sequence classification have it,
    in float32 and with their first weights.
    """
    embedding = model.get_input_embeddings().weight
    width = model.config.get_text_config().hidden_size
    head = torch.nn.Linear(width, 1, bias=False, device=embedding.device)
    torch.nn.init.normal_(head.weight, std=getattr(model.config, "initializer_range", 0.02))
    model.add_module(SCORE, head)
    model.config.num_labels = 1
    if model.config.pad_token_id is None:  # transformers wants one to find the end of a row
        ends = model.config.eos_token_id
        model.config.pad_token_id = ends[0] if isinstance(ends, list) else ends


def attach_adapter(base: LoadedBase, config: AdapterConfig, *, scores: bool = False) -> Any:
    """Wrap the base in a new trainable LoRA adapter, in float32; returns the PeftModel.

    The adapter changes nothing until it is trained. With `scores` the model's score head is part
    of it. Raises RunError for unknown layer names.
    """
    layers: str | list[str] = config.target_modules
    if config.target_modules != "all-linear":
        layers = [name.strip() for name in config.target_modules.split(",") if name.strip()]
    if "lm_head" in layers:
        raise RunError("Layers can't include lm_head, which stays as it is: name other layers.")
    lora = LoraConfig(
        task_type=TaskType.SEQ_CLS if scores else TaskType.CAUSAL_LM, r=config.r,
        lora_alpha=config.lora_alpha, lora_dropout=config.lora_dropout, target_modules=layers,
        use_dora=config.tuning == "dora",
    )  # fmt: skip
    try:
        with peft_at_work():
            model = get_peft_model(base.model, lora)
    except ValueError as error:
        raise RunError(
            f"The model has no layers named {config.target_modules}: set Layers to all-linear."
        ) from error
    if scores:  # all-linear lists it, though it is trained whole
        lora.target_modules = set(lora.target_modules or ()) - {SCORE}
    return model


def add_adapter(model: Any, folder: Path, name: str) -> Any:
    """Load a trained adapter, frozen, beside those that `model` has; returns the PeftModel.

    Raises ModelFolderError when the adapter does not fit this base model.
    """
    check_adapter_folder(folder)
    try:
        with peft_at_work():
            if isinstance(model, PeftModel):
                model.load_adapter(str(folder), name, use_safetensors=True)
                return model
            return PeftModel.from_pretrained(model, str(folder), name, use_safetensors=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFolderError(
            f"The adapter in {folder} does not fit this base model: choose the model it was"
            " trained on."
        ) from error
