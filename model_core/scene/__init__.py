"""What enters the network: images on a common grid, with their valid pixels."""
