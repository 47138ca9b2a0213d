"""Networks as other tools' files: PyTorch source, ONNX models."""
