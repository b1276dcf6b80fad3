"""Write a network with its weights for other runtimes: ONNX, OpenVINO, torch.export."""
