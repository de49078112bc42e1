"""Comments under five music videos, some of them spam."""

from __future__ import annotations

import pandas as pd

from weaklabel.datasets._files import read_table

_CLASSES = pd.CategoricalDtype(["ham", "spam"])


def load_youtube_comments() -> pd.DataFrame:
    """Load 1,956 comments under five music videos, each known to be ham or spam.

    The YouTube Spam Collection [1]_, CC BY 4.0; ``weaklabel/datasets/files/ATTRIBUTION.md`` lists
    the changes made.

    Returns
    -------
    DataFrame, 1956 x 4
        Indexed by `comment`, the video and a number ("psy-0001"), in the order of the collection.

        - `video`: Categorical, one of five.
        - `date`: when the comment was posted; missing for the 245 undated ones of one video.
        - `text`: the comment as written, links and all.
        - `label`: Categorical, "ham" or "spam". This is gold: functions must not read it.

    References
    ----------
    .. [1] T. C. Alberto, J. V. Lochter, T. A. Almeida, "TubeSpam: Comment Spam Filtering on
       YouTube", ICMLA, 2015. https://doi.org/10.24432/C58885

    Examples
    --------
    >>> comments = load_youtube_comments()
    >>> comments.loc["psy-0007", "text"]
    'Subscribe to my channel'
    >>> comments["label"].value_counts().to_dict()
    {'spam': 1005, 'ham': 951}
    """
    comments = read_table("youtube_comments.parquet")
    number = comments.groupby("video").cumcount() + 1
    prefix = comments["video"].str.lower().str.replace(" ", "-")
    comments.index = pd.Index(prefix + "-" + number.astype(str).str.zfill(4), name="comment")
    return comments.astype({"video": "category", "label": _CLASSES})
