"""A press of our own: numbers as relief in millimetres, the metal, the forger, the light, the camera, the rubbing.

`stamping.stamping` makes one picture with everything that is known of it; `make` writes sets of them.
"""
