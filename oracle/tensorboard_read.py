"""Prints what TensorBoard's own reader finds in a run's event folder.

Usage: python oracle/tensorboard_read.py runs/NAME/tb   (needs tensorboard==2.21.0)

One line a scalar: tag, step, value. Steps that a resumed session repeats must
come once, with the later session's value. Exits 1 where nothing is found.
"""
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main():
    folder = sys.argv[1]
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    found = 0
    for tag in events.Tags()["scalars"]:
        for e in events.Scalars(tag):
            print(tag, e.step, repr(e.value))
            found += 1
    if not found:
        sys.exit(f"{folder}: no scalars found")


if __name__ == "__main__":
    main()
