"""What vectors are: numpy arrays of 32-bit floats, in every room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Shapes stand where they are used: (dim,) for one vector, (n, dim) for many.
FloatArray = NDArray[np.float32]
