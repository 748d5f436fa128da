"""How good an answer is: the rewards that GRPO, RLOO and PPO learn from, one file a family."""
