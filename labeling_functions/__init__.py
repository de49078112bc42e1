"""Ready tasks: one file a task, written as a user would write it.

A *task file* is an ordinary Python file. ``CLASSES`` in it is required, and at least one of the
other two:

- ``CLASSES``: list of the class names, in the order in which results show them.
- ``FUNCTIONS``: list of labeling functions, declarative or decorated, to be given to
  ``weaklabel.apply``. They read the columns of the user's frame and vote for names in ``CLASSES``.
- ``evidence(frame)``: returns ``weaklabel.Evidence`` about the rows of the frame, with everything
  that is known besides votes: shares or tags of groups, candidates, features, neighbors. The votes
  of ``FUNCTIONS`` are added to it. It reads no gold either.

The rest is optional:

- ``load()`` returns a DataFrame to work on when no data are given.
- ``GOLD``: name of the column that holds the true classes, where somebody knows them. It is for
  evaluation only; no function reads it, and the frame may lack it.
- ``features()`` returns an unfitted scikit-learn transformer that turns such a frame into what a
  classifier can train on. It reads no gold either.

Other names in the file mean nothing to weaklabel. A task file that lives elsewhere works the same
way: copy one of these and change it.
"""
