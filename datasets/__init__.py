"""Where pictures come from: die sets, relief, light, loaders of real photographs, the benchmark's protocol."""
