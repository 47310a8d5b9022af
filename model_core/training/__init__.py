"""Training: data, warps, augmentation, losses, and the loop over them."""
