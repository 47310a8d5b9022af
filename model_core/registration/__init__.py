"""From two scenes to a dense field and a verdict."""
