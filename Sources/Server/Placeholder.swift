// Filled with its first slice.
