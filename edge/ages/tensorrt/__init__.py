"""The age model on NVIDIA GPUs: engines are built on the box from age.onnx, cached, and run as CUDA graphs."""
