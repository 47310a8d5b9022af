"""The SOMA network: encoders, gradient enhancer (FGE), affine-flow matcher (GLAM), checkpoints."""

import warnings

# timm loads torchvision, whose readers of image files are not used here and may lack a library.
warnings.filterwarnings("ignore", message="Failed to load image Python extension")
