"""Networks written elsewhere, as specs: from PyTorch modules, ONNX files, Hugging Face configurations and Keras."""
