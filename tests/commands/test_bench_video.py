"""The bench of simulated video, reduced: one clip of each condition, few frames."""

from __future__ import annotations

from posapp.commands.bench_video import bench_video


def test_the_bench_counts_clips_and_wrong_texts() -> None:
    document = bench_video(clips_each=1, seed=1, frames=2).document()
    figures = document["figures"]
    assert figures["clips"] == 15
    assert figures["wrong"] == 0
    assert figures["counted_twice"] == 0
    assert figures["clips_read"] == sum(read for read, _ in figures["by_condition"].values()) >= 10
    assert figures["clips_read"] + len(figures["unread"]) == 15
    assert figures["clips_read"] > document["baselines"]["zxing-cpp"]["clips_read"] - 2
    assert set(document["baselines"]) == {"zxing-cpp", "zxing-cpp plain", "pyzbar", "opencv"}
    assert all(aim["gated"] for aim in document["aims"])
