"""Import another site: its articles, pages, drafts and pictures become files of this blog.

`importer` plans and writes; `wordpress`, `hugo` and `jekyll` read what there is (the last two by
`site_folder` and `frontmatter`) and yield what `post` describes.
"""
