"""Writes rundir/testdata/events.golden with TensorBoard's own messages and record writer.

Usage: python oracle/tensorboard_golden.py   (needs tensorboard==2.21.0)

The events are those that TestEventFileHasTheBytesOfTensorBoardsOwnWriter in
rundir/events_test.go writes. The clock is fixed, so the bytes are too.
"""
import os

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

NOON = 1795348800.25  # 2026-11-22 12:00:00.25 UTC


def scalars(step, values):
    return Event(
        wall_time=NOON,
        step=step,
        summary=Summary(
            value=[Summary.Value(tag=k, simple_value=v) for k, v in sorted(values.items())]
        ),
    )


def main():
    target = os.path.join(os.path.dirname(__file__), "..", "rundir", "testdata", "events.golden")
    events = [
        Event(wall_time=NOON, file_version="brain.Event:2"),
        Event(wall_time=NOON, step=3001, session_log=SessionLog(status=SessionLog.START)),
        scalars(3001, {"train/return": -1234.5, "sac/q_mean": 0.1, "zero": 0.0}),
        scalars(300000, {"plan/nonfinite": float("inf"), "long/" + "x" * 200: 1e-40}),
    ]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        writer = RecordWriter(f)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))
        writer.flush()
        size = f.tell()
    print(f"{os.path.normpath(target)}: {size} bytes")


if __name__ == "__main__":
    main()
