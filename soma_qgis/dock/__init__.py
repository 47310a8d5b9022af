"""The panel: choosing two layers, running, and judging what came of it."""
