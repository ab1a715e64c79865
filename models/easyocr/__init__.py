"""Our reader as a network of EasyOCR's, and EasyOCR's networks as readers of ours."""

from __future__ import annotations

from pathlib import Path

FOLDER = str(Path(__file__).resolve().parent)  # for EasyOCR's user_network_directory and model_storage_directory
NETWORK = "vinspect_reader"  # for its recog_network; not `vinspect`, which is the name of the package already
