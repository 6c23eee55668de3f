"""The age model on NVIDIA's GPUs: engines built on the box from a bundle's age.onnx, kept, and run as CUDA graphs."""
