"""Every prompt of the product, one Markdown file each with its name and version."""

from prompts.load import Prompt, load_prompt

__all__ = ["Prompt", "load_prompt"]
