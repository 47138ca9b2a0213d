"""What a budget can bound, and what each quantity counts; nothing is imported, so that the command line starts fast."""

NOUNS = {
    "params": "parameters",
    "weights": "weights",
    "buffers": "buffer elements",
    "macs": "MACs",
    "flops": "FLOPs",
    "outputs": "output elements",
    "layers": "layers",
    "memory": "bytes of outputs",
    "peak_inference": "bytes at the peak of inference",
    "saved_for_backward": "bytes saved for backward",
    "training": "bytes of a training step",
}
