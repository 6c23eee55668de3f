"""The setup page: the camera's picture with faces blurred, the customer zone, the doctor, and a demonstration till."""
