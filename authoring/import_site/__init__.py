"""Import another site: its articles, pages, drafts and files become files of this blog.

- `origins`: what an author names, a folder, an export or an archive, and who reads it
- `wordpress` (with `wordpress_text`), `ghost`: exports, whose HTML becomes Markdown (`html_text`, `html_lines`)
- `hugo` (`hugo_shortcodes`), `jekyll` (`liquid`), `pelican_site`: folders, by `site_folder` and `frontmatter`
- `post`: what all of them yield
- `importer`: plans and writes; `names` and `links` say what things are called here and where links lead, `fetch`
  brings pictures of other hosts, `policy` knows what pages would not show, `words` whether any was lost
- `report`: what came along and what did not, for people and for programs
"""
