"""The tables that ship: what they promise about rows, names and types."""

from importlib.resources import files

import pandas as pd
import pytest

from weaklabel.datasets import load_adult, load_youtube_comments

LOADERS = [load_adult, load_youtube_comments]


@pytest.mark.parametrize("load", LOADERS)
def test_index_is_unique_and_every_row_has_gold(load):
    frame = load()
    assert frame.index.is_unique
    assert frame.index.name in {"comment", "person"}
    assert frame["label"].notna().all()
    assert isinstance(frame["label"].dtype, pd.CategoricalDtype)


@pytest.mark.parametrize("load", LOADERS)
def test_two_loads_are_equal_and_do_not_share_memory(load):
    first = load()
    first.iloc[0, 0] = first.iloc[5, 0]
    second = load()
    pd.testing.assert_frame_equal(second, load())
    pd.testing.assert_index_equal(first.index, second.index)


def test_youtube_has_the_published_counts():
    comments = load_youtube_comments()
    counts = pd.crosstab(comments["video"], comments["label"])
    # as published: 175/175, 175/175, 202/236, 203/245, 196/174
    expected = {
        "Eminem": [203, 245],
        "Katy Perry": [175, 175],
        "LMFAO": [202, 236],
        "Psy": [175, 175],
        "Shakira": [196, 174],
    }
    assert {video: row.tolist() for video, row in counts.iterrows()} == expected


def test_youtube_names_comments_by_video_and_number():
    comments = load_youtube_comments()
    for video, part in comments.groupby("video", observed=True):
        prefix = video.lower().replace(" ", "-")
        expected = [f"{prefix}-{i:04d}" for i in range(1, len(part) + 1)]
        assert part.index.tolist() == expected


def test_youtube_columns():
    comments = load_youtube_comments()
    assert comments.columns.tolist() == ["video", "date", "text", "label"]
    assert pd.api.types.is_datetime64_any_dtype(comments["date"])
    assert comments["text"].map(type).eq(str).all()
    undated = comments["date"].isna()
    assert undated.sum() == 245
    assert comments.loc[undated, "video"].unique().tolist() == ["Eminem"]


def test_adult_has_the_published_counts():
    people = load_adult()
    counts = pd.crosstab(people["split"], people["label"])
    assert counts.loc["train"].to_dict() == {"<=50K": 24_720, ">50K": 7_841}
    assert counts.loc["test"].to_dict() == {"<=50K": 12_435, ">50K": 3_846}
    # the published training part comes first
    assert people["split"].cat.codes.is_monotonic_increasing


def test_adult_types_and_missing_values():
    people = load_adult()
    numbers = people.select_dtypes("integer").columns.tolist()
    assert numbers == [
        "age",
        "fnlwgt",
        "education_num",
        "capital_gain",
        "capital_loss",
        "hours_per_week",
    ]
    missing = people.isna().sum()
    assert missing[missing > 0].to_dict() == {
        "workclass": 2_799,
        "occupation": 2_809,
        "native_country": 857,
    }
    assert not people.select_dtypes("category").isin(["?"]).any(axis=None)


def test_adult_education_is_ordered_as_its_number():
    people = load_adult()
    assert people["education"].cat.ordered
    assert (people["education"].cat.codes + 1).eq(people["education_num"]).all()


def test_files_are_small_and_attributed():
    folder = files("weaklabel.datasets") / "files"
    sizes = {file.name: len(file.read_bytes()) for file in folder.iterdir()}
    attribution = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    tables = {name: size for name, size in sizes.items() if name.endswith(".parquet")}
    assert sum(tables.values()) < 600_000
    for name in tables:
        assert f"## {name}" in attribution
    assert attribution.count("CC BY 4.0.") == len(tables)
    assert attribution.count("Changes made:") == len(tables)
