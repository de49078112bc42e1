"""Tell which comments under a music video are spam.

Spam wants something: a click, a subscriber, money. Everything else belongs to the video: praise,
abuse, memories, jokes about the number of views. The functions were written from reading comments
without their labels, and have not been adjusted since anybody looked at the labels.
"""

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer

from weaklabel.datasets import load_youtube_comments
from weaklabel.functions import Keywords, Lexicon, Regex, labeling_function

CLASSES = ["ham", "spam"]
GOLD = "label"

# Sites turn "3:40" into a link to that moment of the video: such a link is no advertisement.
MOMENT = r'<a href="[^"]*">\d+:\d\d</a>'
LINK = r"https?:|www\.|\.\s?(?:com|net|org|tk|ly|be|blogspot)\b|watch\?v="


@labeling_function(vectorized=True)
def links_elsewhere(comments: pd.DataFrame) -> pd.Series:
    """Look for links, which spam lives from; links to a moment of this very video do not count."""
    text = comments["text"].str.replace(MOMENT, "", regex=True)
    return text.str.contains(LINK, case=False).map({True: "spam", False: None})


@labeling_function
def short_remark(row):
    """Take four words or fewer for a remark on the song: advertising needs more."""
    words = row.text.split()
    return "ham" if len(words) <= 4 and "http" not in row.text else None


@labeling_function
def long_story(row):
    """Take long comments for the life story of somebody who has a channel."""
    return "spam" if len(row.text.split()) > 60 else None


FUNCTIONS = [
    # what spam asks for
    Regex(r"(?i)\bsu[bs]\w*crib|\bsubs?\b", vote="spam", name="subscribe"),
    Regex(r"(?i)\bcheck\w*\W+(?:\w+\W+){0,2}(?:out|my|our|this)\b", vote="spam", name="check_out"),
    Regex(
        r"(?i)\b(?:my|our)\W+(?:\w+\W+){0,3}(?:chann?els?|videos?|vids?|music|songs?|page|covers?)\b",
        vote="spam",
        name="own_channel",
    ),
    Keywords(["please", "plz", "pls", "help me", "help us"], vote="spam", name="begs"),
    Keywords(
        ["money", "cash", "earn", "win", "free", "donate", "giveaway", "bitcoin", "gift card"],
        vote="spam",
        name="money",
    ),
    Keywords(
        ["facebook", "fb", "twitter", "instagram", "soundcloud", "website", "google", "follow me"],
        vote="spam",
        name="other_sites",
    ),
    links_elsewhere,
    long_story,
    # what people say about a video
    Keywords(
        [
            *["psy", "gangnam", "oppa", "katy", "perry", "roar", "lmfao", "party rock", "shuffle"],
            *["shuffling", "eminem", "rihanna", "megan fox", "shakira", "waka", "world cup"],
        ],
        vote="ham",
        name="names_the_artist",
    ),
    Regex(  # "check out this video" is about another one
        r"(?i)(?<!out )\b(?:this|the|that|his|her|these)\W+(?:\w+\W+)?"
        r"(?:songs?|video|music|beat|lyrics|voice)\b",
        vote="ham",
        name="about_the_song",
    ),
    Regex(
        r"(?i)\b(?:[mb]illions?|views|dislikes?|viewed)\b|\d{1,3}(?:[.,]\d{3}){2}",
        vote="ham",
        name="counts_views",
    ),
    Regex(r"(?i)\b(?:still|who|anyone|if)\b.{0,40}\b20\d\d\b", vote="ham", name="still_here"),
    short_remark,
    # words of praise and abuse on one side, of promotion on the other
    Lexicon.read_csv(Path(__file__).with_name("youtube_words.csv"), name="tone"),
]


def load() -> pd.DataFrame:
    """Load the 1,956 comments that ship with weaklabel."""
    return load_youtube_comments()


def features() -> ColumnTransformer:
    """Weigh words and pairs of words, for a linear classifier."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    return ColumnTransformer([("words", words, "text")])
