"""The SOMA network: encoders, gradient enhancer (FGE), affine-flow matcher (GLAM), checkpoints."""
