"""Which device the network runs on, and why."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from model_core.errors import BadInputError, first_line, given


def choose_device(wanted: str) -> tuple[torch.device, str]:
    """Return the device to run on, and the reason in words.

    A GPU is taken only after it ran the kernels that the network needs: a build of torch without
    code for that GPU finds it too, and fails at the first kernel.

    Args:
        wanted: "auto", "cpu" or "cuda".

    Raises:
        BadInputError: "cuda" was asked for and is not usable.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise BadInputError(f"There is no device {given(wanted)}; choose auto, cpu or cuda.")
    if wanted == "cpu":
        return torch.device("cpu"), "the CPU was asked for"
    trouble = cuda_trouble()
    if trouble is None:
        name = torch.cuda.get_device_name()
        return torch.device("cuda"), f"a CUDA GPU ({name}) passed the kernel test"
    if wanted == "cuda":
        raise BadInputError(
            f"No CUDA GPU can be used, because {trouble}; choose the device auto or cpu."
        )
    return torch.device("cpu"), trouble


def cuda_trouble() -> str | None:
    """Return why CUDA cannot be used, as a clause, or None where it can."""
    if torch.version.cuda is None:
        return "this build of torch is for the CPU only"
    if not torch.cuda.is_available():
        return "no CUDA GPU with a working driver was found"
    try:
        smoke_test(torch.device("cuda"))
    except RuntimeError as error:  # what torch raises for a missing kernel or too little memory
        return f"the GPU failed the kernel test ({first_line(error)})"
    return None


@torch.inference_mode()
def smoke_test(device: torch.device) -> None:
    """Run a convolution, a resampling, a Fourier transform and a solution of equations.

    Raises:
        RuntimeError: the device cannot, or gives another answer than the CPU.
    """
    ramp = torch.linspace(0, 1, 64).view(1, 1, 8, 8)
    answers = []
    for place in (torch.device("cpu"), device):
        image = ramp.to(place)
        kernel = torch.full((1, 1, 3, 3), 1 / 9, device=place)
        grid = F.affine_grid(torch.eye(2, 3, device=place)[None], [1, 1, 8, 8], align_corners=False)
        smooth = F.conv2d(image, kernel, padding=1)
        sampled = F.grid_sample(smooth, grid, padding_mode="border", align_corners=False)
        back = torch.fft.irfft2(torch.fft.rfft2(sampled), s=(8, 8))[0, 0].double()
        eye = torch.eye(8, device=place, dtype=torch.float64)
        answers.append(torch.linalg.solve(back + 2 * eye, eye).cpu())
    if not torch.allclose(answers[0], answers[1], atol=1e-2):
        raise RuntimeError(f"{device} computes other numbers than the CPU")
