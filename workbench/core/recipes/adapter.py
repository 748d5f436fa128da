"""What of the model is trained: an adapter beside frozen weights, or the weights themselves."""

from __future__ import annotations

from typing import Literal

from workbench.core.fields import Recipe, setting

Tuning = Literal["lora", "dora", "qlora", "full"]
Precision = Literal["auto", "bf16", "fp32"]

_ADAPTERS = {"tuning": ("lora", "dora", "qlora")}


class AdapterConfig(Recipe):
    """LoRA (Hu et al., arXiv 2106.09685), DoRA (2402.09353), QLoRA (2305.14314) or everything."""

    tuning: Tuning = setting(
        "lora", "What is trained", "An adapter beside the model, or the whole model.",
        group="Adapter", choices={
            "lora": "A small adapter; the model itself stays as it is",
            "dora": "LoRA that learns length and direction apart: a little better, slower",
            "qlora": "LoRA on a model in 4 bits: least memory, needs an NVIDIA GPU",
            "full": "All weights: most memory. A tenth of the learning rate is usual",
        },
        choice_titles={"lora": "LoRA", "dora": "DoRA", "qlora": "QLoRA", "full": "Full model"},
    )  # fmt: skip
    r: int = setting(
        16, "Rank", "Size of the adapter. More can learn more, and forget more.",
        group="Adapter", only_with=_ADAPTERS, ge=1, le=512,
    )  # fmt: skip
    lora_alpha: int = setting(
        32, "Alpha", "How strongly the adapter counts. Twice the rank is usual.",
        group="Adapter", only_with=_ADAPTERS, ge=1, le=2048,
    )  # fmt: skip
    lora_dropout: float = setting(
        0.0, "Dropout", "Share of the adapter's inputs left out at random, against learning by"
        " heart. 0.05 is usual.",
        group="Adapter", advanced=True, only_with=_ADAPTERS, ge=0, lt=1,
    )  # fmt: skip
    target_modules: str = setting(
        "all-linear", "Layers", "Which layers get an adapter: all-linear, or names such as"
        " q_proj, v_proj.",
        group="Adapter", advanced=True, only_with=_ADAPTERS, min_length=1,
    )  # fmt: skip
    precision: Precision = setting(
        "auto", "Precision", "Numbers of the weights that stay as they are. The adapter has 32 bits"
        " in any case.",
        group="Adapter", advanced=True, only_with={"tuning": ("lora", "dora")}, choices={
            "auto": "16 bits where this machine computes them faster, else 32",
            "bf16": "16 bits: half the memory, rounded a little",
            "fp32": "32 bits: most exact",
        },
        choice_titles={"auto": "Automatic", "bf16": "16 bits (bfloat16)", "fp32": "32 bits"},
    )  # fmt: skip
