"""ONNX files as specs, read without the onnx package and without their weights."""
