"""Networks as ONNX models: the kinds' torch equivalents, applied to values that note down ONNX operators."""
