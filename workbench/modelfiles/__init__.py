"""Model folders, the Hugging Face cache and the hub, all without loading a model."""
