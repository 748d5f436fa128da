"""Models of random weights made of a configuration, with an adapter that does something."""

from __future__ import annotations

from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import peft_at_work

SIZES: dict[str, Any] = {
    "vocab_size": 90, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "initializer_range": 0.3,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def adapted(config: Any) -> Policy:
    """A model of random weights, biases and norms, with an adapter that does something."""
    torch.manual_seed(0)
    causal = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for name, parameter in causal.named_parameters():
        if "bias" in name or "norm" in name:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    causal.requires_grad_(False)
    with peft_at_work():
        model = get_peft_model(causal, LoraConfig(r=4, target_modules="all-linear"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    policy = Policy(model.eval())
    assert try_packing(policy)
    return policy
