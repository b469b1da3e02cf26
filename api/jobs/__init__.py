"""Work that takes long, done once whatever happens to whoever does it.

`book` keeps the jobs in the database of the office; `durable` runs them as DBOS workflows; `worker` is the process
(or thread) that does so, and takes over from those that died; `kinds` is what there is to do.
"""
