"""Ready tasks: one file a task, written as a user would write it.

A *task file* is an ordinary Python file. Two names in it are required:

- ``CLASSES``: list of the class names, in the order in which results show them.
- ``FUNCTIONS``: list of labeling functions, declarative or decorated, to be given to
  ``weaklabel.apply``. They read the columns of the user's frame and vote for names in ``CLASSES``.

The rest is optional:

- ``load()`` returns a DataFrame to work on when no data are given.
- ``GOLD``: name of the column that holds the true classes, where somebody knows them. It is for
  evaluation only; no function reads it, and the frame may lack it.
- ``features()`` returns an unfitted scikit-learn transformer that turns such a frame into what a
  classifier can train on. It reads no gold either.

Other names in the file mean nothing to weaklabel. A task file that lives elsewhere works the same
way: copy one of these and change it.
"""
